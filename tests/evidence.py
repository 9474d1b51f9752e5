"""Whether a finding tells the truth: the value that it prints stands at its place in the quoted exchange."""

from __future__ import annotations

import re
from typing import Any

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, MissingStepError
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.rule import Finding

EVENT = re.compile(r"event\[(\d+)\]")
FIELDS = ("event", "id", "data")
"""The fields of a message of a stream, where its data have no member of that name."""
JSON = re.compile(r"absent|null|true|false|-?\d[\d.e+-]*|\"(?:[^\"\\]|\\.)*\"?|'[^']*'|[\[{].*")
"""How a value begins that is printed as it was sent."""
UNKNOWN, ABSENT = object(), object()
"""A place that this module does not know; a member that the object at its place lacks."""
NOWHERE = "nowhere"
"""A place in a value that has no members."""


def untruth(finding: Finding, exchange: Exchange) -> str:
    """What is untrue of a finding; empty when its value is at its place, or is told in other words."""
    match = JSON.fullmatch(finding.actual)
    if match is None:
        return ""
    value = value_at(finding.where, exchange)
    if value is UNKNOWN:
        return ""
    if value is NOWHERE:
        return f"{finding.where}: there is no object that could have this member"
    if value is ABSENT:
        return "" if finding.actual == "absent" else f"{finding.where} is absent, not {finding.actual}"
    sent = {show(value, limit) for limit in (100, 400, 60, 40)} | {str(value), repr(value), f"'{value}'"}
    if isinstance(value, str) and finding.actual.startswith('"…'):  # the text, from where it differs
        sent |= {show(f"…{value[start:]}") for start in range(len(value))}
    if any(_is_same(finding.actual, text) for text in sent):
        return ""
    return f"{finding.where} is {show(value)}, not {finding.actual}"


def value_at(where: str, exchange: Exchange) -> Any:
    """The value at the place that a finding names."""
    reply = exchange.reply
    if reply is None:
        return UNKNOWN
    root, _, pointer = where.partition("/")
    if where == "reply.status":
        return reply.status
    if root == "reply.headers":
        values = reply.headers.all(pointer)
        return (values[0] if len(values) == 1 else list(values)) if values else ABSENT
    if (event := EVENT.fullmatch(root)) and reply.stream is not None:
        frame = next(frame for frame in reply.stream.frames if frame.index == int(event[1]))
        data = strict_json.read(frame.data).value
        if pointer in FIELDS and not (isinstance(data, dict) and pointer in data):
            field = getattr(frame, pointer)
            return ABSENT if field is None else field
        return _walk(data, pointer) if isinstance(data, dict) else UNKNOWN
    if root == "reply.body":
        body = reply.body if reply.raw else ABSENT
        if body is None and reply.raw != b"null":  # it is no JSON: its text is quoted
            body = reply.raw.decode(errors="replace")
        return UNKNOWN if reply.stream is not None else _walk(body, pointer)
    if root == "request.body":
        return _walk(exchange.request.body, pointer)
    if root == "final response":
        try:
            return _walk(exchange.response, pointer)
        except MissingStepError:
            return UNKNOWN
    return UNKNOWN


def _walk(value: Any, pointer: str) -> Any:
    for step in filter(None, pointer.split("/")):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name, ABSENT)
        elif isinstance(value, list) and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else ABSENT
        else:
            return NOWHERE
    return value


def _is_same(printed: str, sent: str) -> bool:
    """Whether a printed value is the sent one, or its beginning."""
    if printed == sent or printed.strip("'\"") == sent.strip("'\""):
        return True
    cut = printed.rstrip("\"'").removesuffix("…").removesuffix("...")
    return len(cut) > 8 and cut != printed.rstrip("\"'") and sent.lstrip("'\"").startswith(cut.lstrip("'\""))
