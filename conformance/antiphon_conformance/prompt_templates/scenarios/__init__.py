"""Scenarios with prompt templates and tool servers."""
