"""A small server in the Model Context Protocol, for tests: over stdio, or over HTTP on a port."""

from __future__ import annotations

import sys

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("abacus")


@server.tool()
def add(a: int, b: int) -> str:
    """Adds two numbers."""
    return f"{a} and {b} make {a + b}"


@server.tool()
def fail(a: int) -> str:
    """Fails."""
    raise ToolError(f"{a} is too much")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
