"""Invalid requests: one table row for each way in which a request can be wrong."""
