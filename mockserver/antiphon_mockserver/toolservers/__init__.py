"""Servers of tools that the mock server calls by itself (Model Context Protocol).

Most are described in files: their tools with the results that they give. A real one is connected to by the
package `mcp` (`pip install antiphon[mcp]`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from antiphon_mockserver.toolservers.connected import Connected
from antiphon_mockserver.toolservers.described import Described
from antiphon_mockserver.toolservers.toolserver import Result, ToolServer, Unreachable
from antiphon_spec.data import DataError, read_yaml

__all__ = ["Described", "Result", "ToolServer", "Unreachable", "open_servers"]


def open_servers(folder: Path) -> Mapping[str, ToolServer]:
    """The servers that the files of a folder tell of, by label. Raises DataError when one is malformed or a
    label occurs twice."""
    found: dict[str, ToolServer] = {}
    for path in sorted(folder.glob("*.yaml")):
        told = read_yaml(path, schema="tool_server")
        if told["label"] in found:
            raise DataError(f"{path}#/label", "a label of its own", repr(told["label"]))
        found[told["label"]] = Connected(told) if "connect" in told else Described(told)
    return found
