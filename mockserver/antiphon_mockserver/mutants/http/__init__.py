"""Mutants of status, headers and raw body."""
