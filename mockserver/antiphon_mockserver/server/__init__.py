"""The server: the ASGI app, its router, its sender, and how it runs."""
