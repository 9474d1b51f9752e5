"""Mutants of the events of a stream."""
