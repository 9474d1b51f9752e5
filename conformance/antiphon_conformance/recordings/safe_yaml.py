"""Reads YAML of recorders in any language as plain data: no tag ever makes an object."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import yaml

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where there is one."""


TEXT = re.compile(r"tag:yaml\.org,2002:python/object/(?:apply|new):[\w.]*str")
"""How Python writes a text of a class that is a kind of string (the names of headers in `aiohttp`): by the
argument of its constructor."""


class _PlainLoader(_SAFE):  # type: ignore[misc]
    """Gives strings, numbers, lists, mappings and bytes, whatever a tag says."""


def _plain(loader: Any, node: yaml.Node) -> Any:
    """The value of a node with a tag that we do not know (`!!python/unicode`, `!ruby/hash:...`)."""
    if isinstance(node, yaml.SequenceNode):
        values = loader.construct_sequence(node, deep=True)
        is_text = len(values) == 1 and isinstance(values[0], str) and TEXT.fullmatch(node.tag)
        return values[0] if is_text else values
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


def _bytes(loader: Any, node: yaml.Node) -> Any:
    """The bytes of a Base64 text (`!!binary` of Python, `!binary` of Ruby)."""
    try:
        return base64.b64decode(str(node.value))
    except (binascii.Error, ValueError):
        return node.value


_PlainLoader.add_constructor(None, _plain)
for _tag in ("!binary", "tag:yaml.org,2002:binary", "tag:yaml.org,2002:python/bytes"):
    _PlainLoader.add_constructor(_tag, _bytes)


def read(raw: bytes) -> Any:
    """The one document in `raw` as plain data. Raises yaml.YAMLError when it is not YAML."""
    return yaml.load(raw, Loader=_PlainLoader)  # noqa: S506 - a safe loader that makes plain data only
