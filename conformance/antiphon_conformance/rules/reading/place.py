"""Where a finding about a missing member points: at the nearest value that is there, or should be.

A member of `null` is not missing: there is no object that could have it.
"""

from __future__ import annotations

import re
from typing import Any

from antiphon_conformance.http.exchange import Exchange, MissingStepError
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.rule import REQUIRED, Finding

_EVENT = re.compile(r"event\[(\d+)\]")
_UNKNOWN = object()


def at_nearest(finding: Finding, exchange: Exchange) -> tuple[str, str, str]:
    """Where, expected and actual of a finding: of one about a member that is missing because what should hold
    it is missing too, or is no object, those of what should hold it."""
    statement = finding.where, finding.expected, finding.actual
    root, _, pointer = finding.where.partition("/")
    if finding.actual != str(ABSENT) or "/" not in pointer or "*" in pointer:
        return statement
    value, steps = _root(root, exchange), pointer.split("/")
    for count, step in enumerate(steps):
        if value is _UNKNOWN:
            return statement
        if value is ABSENT or not isinstance(value, dict | list):
            rest = ".".join(steps[count:])
            wish = "" if finding.expected in REQUIRED else f": {finding.expected}"
            return "/".join((root, *steps[:count])), f"an object with `{rest}`{wish}", show(value)
        value = _member(value, step)
    return statement


def _root(root: str, exchange: Exchange) -> Any:
    """The value at the first step of a place."""
    reply = exchange.reply
    if reply is None:
        return _UNKNOWN
    if event := _EVENT.fullmatch(root):
        events = reply.stream.events if reply.stream is not None else ()
        index = int(event[1])
        if index < len(events) and events[index].index == index:  # all but streams that were cut by us
            return events[index].data
        return next((item.data for item in events if item.index == index), _UNKNOWN)
    if root == "reply.body" and reply.stream is None:
        return reply.body if reply.raw else _UNKNOWN
    if root == "final response":
        try:
            return exchange.response
        except MissingStepError:
            return _UNKNOWN
    return _UNKNOWN


def _member(value: Any, step: str) -> Any:
    name = step.replace("~1", "/").replace("~0", "~")
    if isinstance(value, dict):
        return value.get(name, ABSENT)
    is_index = name.isascii() and name.isdigit() and int(name) < len(value)
    return value[int(name)] if is_index else ABSENT
