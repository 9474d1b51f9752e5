"""What rules share to read responses and streams that may be malformed."""
