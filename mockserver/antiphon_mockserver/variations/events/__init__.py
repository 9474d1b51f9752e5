"""Variations of the events of a stream."""
