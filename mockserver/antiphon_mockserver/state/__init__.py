"""What the server remembers: records, the store and the clock."""
