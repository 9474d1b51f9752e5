"""MCP servers whose tools the mock server calls itself (Model Context Protocol).

Most are described in files: their tools and the results of these. The package `mcp` connects to a real one
(`pip install antiphon[mcp]`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from antiphon_mockserver.tool_servers.connected import LiveServer
from antiphon_mockserver.tool_servers.described import FileServer
from antiphon_mockserver.tool_servers.toolserver import Result, ToolServer, ToolServerError
from antiphon_spec.data import DataError, read_yaml

__all__ = ["FileServer", "Result", "ToolServer", "ToolServerError", "is_live", "open_servers"]


def open_servers(folder: Path) -> Mapping[str, ToolServer]:
    """The servers that the files of a folder describe, by label.

    Raises DataError when a file is malformed or a label occurs twice.
    """
    servers: dict[str, ToolServer] = {}
    for path in sorted(folder.glob("*.yaml")):
        content = read_yaml(path, schema="tool_server")
        if content["label"] in servers:
            raise DataError(f"{path}#/label", "a label of its own", repr(content["label"]))
        servers[content["label"]] = LiveServer(content) if "connect" in content else FileServer(content)
    return servers


def is_live(server: ToolServer) -> bool:
    """Whether calls of this server's tools have an effect outside the mock server."""
    return isinstance(server, LiveServer)
