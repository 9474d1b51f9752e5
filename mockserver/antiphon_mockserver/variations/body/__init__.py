"""Variations of the bodies of answers."""
