"""Counts tokens: not like any vendor, but the same way every time, and more for longer text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, overload

import orjson

from antiphon_mockserver.response.plan import Context

CONTEXT_WINDOW = 128_000
"""How many input tokens the model accepts."""

REQUEST_OVERHEAD = 2
ITEM_OVERHEAD = 3
IMAGE_TOKENS = 85
EXACT_LENGTH = 1 << 16
"""Beyond this many characters four count as a token, so that a 10 MB input costs little time."""

LONG = 1 << 14
"""Characters; the tokens of a longer text are not kept in a list, which has ten times its size."""

TOKEN = re.compile(r"\s?\w{1,8}|\s?[^\w\s]{1,3}|\s+")


class Tokens(Sequence[str]):
    """The tokens of a long text, found anew each time that somebody asks."""

    __slots__ = ("_length", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._length = sum(1 for _ in TOKEN.finditer(text))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        return (match[0] for match in TOKEN.finditer(self.text))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return TOKEN.findall(self.text)[index]

    def batches(self, size: int) -> Iterator[list[str]]:
        """The tokens in order, so many at a time."""
        tokens = iter(self)
        while batch := list(islice(tokens, size)):
            yield batch


@lru_cache(maxsize=4)
def split(text: str) -> Sequence[str]:
    """Returns the tokens of a text; joined, they are the text.

    One answer needs those of its text more than once: to count them, and to stream them.
    """
    return TOKEN.findall(text) if len(text) <= LONG else Tokens(text)


def count(text: str) -> int:
    """Returns the number of tokens of a text."""
    if len(text) <= EXACT_LENGTH:
        return len(split(text))
    return len(split(text[:EXACT_LENGTH])) + (len(text) - EXACT_LENGTH) // 4


def count_input(context: Context) -> int:
    """Counts the input tokens: all items of the context, instructions, tools, a structured format."""
    request = context.request
    total = REQUEST_OVERHEAD
    for item in context.items:
        total += count_item(item)
    instructions = request.get("instructions")
    if isinstance(instructions, str):
        total += ITEM_OVERHEAD + count(instructions)
    elif instructions:
        total += sum(map(count_item, instructions))
    if tools := request.get("tools"):
        total += count_json(tools)
    if schema := ((request.get("text") or {}).get("format") or {}).get("schema"):
        total += count_json(schema)
    return total


def count_item(item: Mapping[str, Any]) -> int:
    """Counts the tokens of one item of the context."""
    if item.get("type", "message") == "message":
        content = item.get("content")
        if isinstance(content, list) and len(content) == 1 and content[0].keys() == ONLY_TEXT:
            text = content[0]["text"]
            return ITEM_OVERHEAD + (count(text) if isinstance(text, str) else 0)
        return ITEM_OVERHEAD + _count_content(content)
    return ITEM_OVERHEAD + sum(_count_content(value) for name, value in item.items() if name not in UNCOUNTED)


ONLY_TEXT = {"type", "text"}
"""The members of the usual part of a message."""
UNCOUNTED = frozenset({"id", "type", "status", "call_id"})
TEXT_MEMBERS = frozenset({"text", "refusal", "file_data", "filename", "file_url"})


def count_json(value: Any) -> int:
    """Counts the tokens of a value that the model reads as JSON."""
    content = orjson.dumps(value)
    return _count_again(content) if len(content) <= LONG else count(content.decode())


@lru_cache(maxsize=256)
def _count_again(content: bytes) -> int:
    """The same of JSON that comes again and again, such as tools and schemas."""
    return count(content.decode())


def _count_content(content: Any) -> int:
    if isinstance(content, str):
        return count(content)
    if isinstance(content, list):
        return sum([_count_part(part) for part in content])
    return 0 if content is None else count_json(content)


def _count_part(part: Any) -> int:
    if not isinstance(part, dict):
        return count_json(part)
    if part.get("type") == "input_image":
        return IMAGE_TOKENS
    names = TEXT_MEMBERS.intersection(part)
    return sum([count(part[name]) for name in names if isinstance(part[name], str)])
