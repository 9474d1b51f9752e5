"""Scenarios over a library of videos."""
