"""Prompt templates and their versions, and the registry from the files of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

import antiphon_fixtures
from antiphon_mockserver.settings import SettingError
from antiphon_mockserver.tool_servers import FileServer, ToolServer, open_servers
from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.extras import require
from antiphon_spec.loading.construction import dataclass

SHIPPED = Path(antiphon_fixtures.__file__).parent / "prompts"
REUSABLE = SHIPPED / "reusable"
"""The shipped prompts of dialects that fill them without a template engine."""
SERVERS = "servers"
"""The folder with the MCP servers, inside the folder of templates."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a template."""

    prompt: str
    """The id of the template."""
    number: str
    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    system: str = ""
    system_role: str = "system"
    messages: tuple[Mapping[str, str], ...] = ()
    input_schema: Mapping[str, Any] | None = None
    output_schema: Mapping[str, Any] | None = None
    input_rules: tuple[Mapping[str, str], ...] = ()
    output_rules: tuple[Mapping[str, str], ...] = ()
    retries: int = 3
    parallel_tool_calls: bool = True
    servers: tuple[ToolServer, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that is a template."""
        return (self.system, *(message["content"] for message in self.messages))


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt template with all its versions."""

    id: str
    default: str
    versions: Mapping[str, Version]


@dataclass(frozen=True, slots=True)
class Registry:
    """The templates of a mock server by id, and its MCP servers by label."""

    templates: Mapping[str, Template] = field(default_factory=dict)
    servers: Mapping[str, ToolServer] = field(default_factory=dict)

    def server(self, label: str) -> ToolServer:
        """The server of this label; an unknown one is unreachable."""
        unknown = {"label": label, "unreachable": f"There is no MCP server '{label}'."}
        return self.servers.get(label) or FileServer(unknown)

    def named(self, body: Mapping[str, Any]) -> tuple[ToolServer, ...]:
        """The tool servers that a request itself names."""
        labels = (tool["server_label"] for tool in body.get("tools") or () if tool.get("type") == "mcp")
        return tuple(map(self.server, dict.fromkeys(labels)))


def open_registry(folder: str) -> Registry:
    """The templates of a folder, or the shipped ones for "".

    Raises DataError when a file is malformed, two templates have the same id, or a server is unknown, and
    MissingExtraError without the template engine.
    """
    require("templates", "a dialect with prompt templates")
    root = Path(folder) if folder else SHIPPED
    servers = open_servers(root / SERVERS) if root.is_dir() else {}
    return Registry(_templates(root, servers), servers)


def open_reusable(folder: str) -> Mapping[str, Template]:
    """The reusable prompts of a folder by id, or the shipped ones for "". Raises DataError like the above."""
    return _templates(Path(folder) if folder else REUSABLE, {})


def _templates(root: Path, servers: Mapping[str, ToolServer]) -> Mapping[str, Template]:
    folder = str(root)
    if not root.is_dir():
        raise SettingError("prompts", "a folder of prompt templates", "no such folder", folder)
    templates: dict[str, Template] = {}
    for path in sorted(root.glob("*.yaml")):
        template = _template(path, servers)
        if template.id in templates:
            raise DataError(f"{path}#/id", "an id of its own", repr(template.id))
        templates[template.id] = template
    if not templates:
        raise SettingError("prompts", "a folder with YAML files of prompt templates", "none in it", folder)
    return templates


def _template(path: Path, servers: Mapping[str, ToolServer]) -> Template:
    content = read_yaml(path, schema="prompt")
    versions = {
        number: _version(content["id"], number, row, servers, path)
        for number, row in content["versions"].items()
    }
    default = content.get("default_version", list(versions)[-1])
    if default not in versions:
        raise DataError(f"{path}#/default_version", "one of the versions", repr(default))
    return Template(content["id"], default, versions)


def _version(
    prompt: str, number: str, row: Mapping[str, Any], servers: Mapping[str, ToolServer], path: Path
) -> Version:
    labels = row.get("tool_servers", ())
    for label in labels:
        if label not in servers:
            raise DataError(f"{path}#/versions/{number}/tool_servers", "labels of servers", repr(label))
    lists = {name: tuple(row[name]) for name in ("messages", "input_rules", "output_rules") if name in row}
    fields = {name: value for name, value in row.items() if name != "tool_servers"}
    return Version(prompt, number, servers=tuple(servers[label] for label in labels), **(fields | lists))
