"""Rules on output items."""
