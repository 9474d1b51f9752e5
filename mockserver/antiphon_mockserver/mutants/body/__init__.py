"""Mutants of JSON bodies."""
