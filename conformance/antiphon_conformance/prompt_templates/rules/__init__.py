"""Rules on prompt templates and tool servers."""
