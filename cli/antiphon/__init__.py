"""The command `antiphon`: the only package that imports both the mock server and the judge."""
