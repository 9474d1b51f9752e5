"""A deterministic mock server for any Responses dialect."""
