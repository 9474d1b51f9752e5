"""The command `antiphon`: the one place that sees both the mock server and the judge."""
