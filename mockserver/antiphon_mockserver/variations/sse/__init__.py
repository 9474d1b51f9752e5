"""Variations of the bytes of an event stream."""
