"""Filters over a library: the language, its operators, and which filters to try."""
