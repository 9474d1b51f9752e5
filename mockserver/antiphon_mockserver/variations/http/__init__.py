"""Variations of statuses, headers and bytes of answers."""
