"""Mutants of the bytes of an event stream."""
