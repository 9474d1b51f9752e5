"""Rules on HTTP: statuses, headers, framing, credentials and errors."""
