"""Rules on requests: valid ones are accepted, invalid ones rejected."""
