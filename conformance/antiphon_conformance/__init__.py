"""The judge: talks to a URL, or reads a recording, and says what conforms."""
