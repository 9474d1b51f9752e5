"""Rules on event streams."""
