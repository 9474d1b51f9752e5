"""Mutants of the server's decisions."""
