"""Mutants of prompt templates and tool servers."""
