"""Mutants of the video library."""
