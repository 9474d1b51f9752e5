"""Prompt templates and tool servers (Bud): the template, scenarios and rules."""
