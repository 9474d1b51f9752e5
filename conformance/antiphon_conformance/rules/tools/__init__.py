"""Rules on tools: calls, choice and outputs."""
