"""Variations of when an answer comes, and of how many requests are answered at once."""
