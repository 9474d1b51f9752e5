"""The requests that scenarios send: minimal, valid, unusual, invalid and generated ones."""
