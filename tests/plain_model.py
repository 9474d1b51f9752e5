"""A very plain model: it counts when it is asked to count, knows a code word, and otherwise says hello.

It reads a code word only from a text that is one simple sentence, and tells it only to a simple question.
It calls a tool only when it is forced to: with arguments made from its schema and not from the prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

GREETING = "Hello there, friend!"
MOST = 300
"""How far it counts at most."""
FACT = re.compile(r"^\s*The code word is ([\w-]+)\.?\s*$", re.IGNORECASE)
QUESTION = re.compile(r"^\s*What is the code word\?\s*$", re.IGNORECASE)
COUNT = re.compile(r"\bcount\b(?:.*?\bto (\d+))?", re.IGNORECASE | re.DOTALL)
TOKEN = re.compile(r"\s*\S{1,4}|\s+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of an answer before it is cut: a text, or a call of a tool."""

    kind: str
    """`message`, `reasoning`, `function_call` or `custom_tool_call`."""
    text: str
    name: str = ""
    """The name of the tool; of reasoning `summary`, where only that is shown."""


def tokens(text: str) -> list[str]:
    """The tokens of a text, which joined are the text: at most four letters each, with the blanks before."""
    return TOKEN.findall(text)


def text_of(message: Mapping[str, Any]) -> str:
    """What a message or the output of a call says."""
    content = message.get("content", message.get("output", ""))
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or () if isinstance(part.get("text"), str))


def reply(context: Sequence[Json], schema: Json | None) -> str:
    """The text that the model says to a context; an instance of the schema where there is one."""
    if schema is not None:
        return json.dumps(instance(schema), ensure_ascii=False)
    last = next((text_of(item) for item in reversed(context) if item.get("role") == "user"), "")
    if QUESTION.match(last):
        word = next(filter(None, map(_fact, reversed(context))), None)
        return f"The code word is {word}." if word else GREETING
    if (match := COUNT.search(last)) is not None:
        return " ".join(str(number) for number in range(1, min(int(match[1] or 100), MOST) + 1))
    return GREETING


def _fact(item: Mapping[str, Any]) -> str | None:
    match = FACT.match(text_of(item))
    return match[1] if match else None


def pieces(context: Sequence[Json], tools: Sequence[Json], schema: Json | None) -> list[Piece]:
    """The items of an answer: calls of these tools, or a message when there are none."""
    if not tools:
        return [Piece("message", reply(context, schema))]
    return list(map(_call, tools))


def think(*, shown: bool) -> Piece:
    """What the model thinks, as a summary where one may be `shown`."""
    return Piece("reasoning", "Let me think. I shall be friendly.", "summary" if shown else "")


def _call(tool: Json) -> Piece:
    if tool["type"] == "custom":
        pattern = (tool.get("format") or {}).get("definition")
        text = pattern.replace("[a-z_]+", "ships") if pattern else GREETING
        return Piece("custom_tool_call", text, tool["name"])
    arguments = json.dumps(instance(tool.get("parameters") or {"type": "object"}), ensure_ascii=False)
    return Piece("function_call", arguments, tool["name"])


def forced(choice: Any, tools: Sequence[Json], several: bool) -> list[Json]:
    """The tools that a choice forces: the named one, else the first that it allows, or the first two of them
    where `several` calls are allowed."""
    usable = [tool for tool in tools if tool.get("type") in ("function", "custom")]
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        names = [tool.get("name") for tool in choice.get("tools", [])]
        usable = [tool for tool in usable if tool["name"] in names]
        choice = "required" if choice.get("mode") == "required" else "auto"
    if isinstance(choice, dict):
        return [tool for tool in usable if tool["name"] == choice.get("name")]
    return usable[: 2 if several else 1] if choice == "required" else []


def instance(schema: Mapping[str, Any]) -> Any:
    """The simplest value of a schema."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("anyOf"):
        return instance(schema["anyOf"][0])
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {name: instance(properties[name]) for name in schema.get("required", []) if name in properties}
    simple: Json = {"array": [], "integer": 1, "number": 1, "boolean": True, "null": None}
    return simple.get(str(kind), "Paris")


def cut(made: Iterable[Piece], limit: int | None) -> Iterator[tuple[Piece, list[str], bool]]:
    """(item, its tokens, whether it is whole) of each item that begins before the limit of output tokens."""
    left = limit
    for piece in made:
        whole = tokens(piece.text)
        if left is not None and left <= 0:
            return
        part = whole if left is None else whole[:left]
        yield piece, part, len(part) == len(whole)
        left = None if left is None else left - len(whole)
