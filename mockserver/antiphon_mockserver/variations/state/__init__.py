"""Variations of what the server decides, of its model, and of the objects that it stores."""
