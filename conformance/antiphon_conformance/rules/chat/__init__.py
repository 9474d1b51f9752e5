"""Rules on chat completions, the older way to ask."""
