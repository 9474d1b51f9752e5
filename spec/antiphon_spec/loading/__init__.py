"""Loading: how YAML is read, how what was read is kept, and how modules that register something are found."""
