"""Hosted tools: calls that the server carries out itself."""
