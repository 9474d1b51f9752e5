"""Finds the member that a person meant who misspelt one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_spec.data import hint as hint_for
from antiphon_spec.json_schema.fault import Fault, steps

UNKNOWN = "additionalProperties"
"""The keyword of a fault about a member that the schema does not name."""


def hint(fault: Fault, schema: Mapping[str, Any]) -> str:
    """`; did you mean ...?` for a member that the schema does not name, and the members that it does; empty
    for any other fault."""
    if fault.keyword != UNKNOWN:
        return ""
    *place, name = steps(fault.pointer)
    members = list(dict.fromkeys(_members(place, schema)))
    known = f" (there are: {', '.join(members)})" if members else ""
    return hint_for(name, members).replace("'", "`") + known


def _members(place: Sequence[str], schema: Mapping[str, Any]) -> list[str]:
    """The names of the members that the schema has at a place."""
    nodes = list(_alternatives(schema, schema))
    for step in place:
        children = [
            node["items"] if step.isdigit() and "items" in node else node.get("properties", {}).get(step)
            for node in nodes
        ]
        nodes = [node for child in children if child is not None for node in _alternatives(child, schema)]
    return [name for node in nodes for name in node.get("properties", ())]


def _alternatives(node: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The node behind its reference, and each of its alternatives."""
    if "$ref" in node:
        node = root["$defs"][node["$ref"].rpartition("/")[2]]
    yield node
    for alternative in node.get("anyOf", ()):
        yield from _alternatives(alternative, root)
