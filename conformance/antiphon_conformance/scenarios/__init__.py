"""Scenarios, one file per topic. Importing a file registers its scenarios."""
