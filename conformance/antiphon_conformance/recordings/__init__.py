"""Recorded traffic: readers of each format, our own transcripts, and the proxy that records."""
