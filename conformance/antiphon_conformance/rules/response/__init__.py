"""Rules on the response object."""
