"""Loading: how YAML is read and kept, how modules that register something are found, how nouns are made."""
