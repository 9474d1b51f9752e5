"""What lint sets aside: traffic that is not of this API, or of which the recorder kept too little."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from antiphon_conformance.http.exchange import Exchange, Part, Reply
from antiphon_conformance.http.text import safe
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.dialect import Dialect

CHAT = "chat.completion"
API_EVENTS = ("response.", "error")
"""How the types of the events of this API begin."""
_SIZE = re.compile(r" of \d+ bytes")
_IDENTITY = re.compile(r"(?=.*\d)[\w.~%-]{8,}|\d+")
"""A segment of a path that names one object."""


def why_unjudged(exchange: Exchange, dialect: Dialect) -> str:
    """Why no rule of the dialect can judge an exchange, already located in it; empty when rules can."""
    reply = exchange.reply
    if reply is None:
        return safe(exchange.failure or "no answer was recorded")
    if exchange.operation is None:
        return f"no operation of {dialect.name}: {exchange.request.method} {_place(exchange.request.path)}"
    if reply.stream is None:
        why = _why_unreadable(reply, exchange.not_recorded)
        if why:
            return why
    return _of_another_api(reply) if Part.REQUEST in exchange.not_recorded else ""


def _why_unreadable(reply: Reply, lost: frozenset[Part]) -> str:
    """Why nobody can say what a document is, after what the recorder lost; empty when one can."""
    if Part.BODY_END in lost:
        return "the recorder cut the body of the answer"
    if Part.REPLY_HEADERS in lost and reply.status < 300 and not reply.raw:
        return "an empty body without the headers that say what it is"
    is_error = "error" in reply.fields and not {"object", "output"} & set(reply.fields)
    if Part.STATUS in lost and is_error:
        return "an error whose status was not recorded"
    return ""


def _of_another_api(reply: Reply) -> str:
    """Why the answer to an unknown request is not of this API; empty when it may be."""
    if reply.stream is None:
        kind = reply.fields.get("object")
        is_other = isinstance(kind, str) and kind.split(".")[0] != "response"
        return safe(f"an object of another kind: {kind}") if is_other else ""
    if any(event.type.startswith(API_EVENTS) for event in reply.stream.events):
        return ""
    has_chunks = any(CHAT in frame.data for frame in reply.stream.frames)
    return "a stream of chat completions" if has_chunks else "a stream without an event of this API"


def _place(path: str) -> str:
    """The path without host, query and ids: one name for the requests of one kind."""
    bare = re.sub(r"^\w+://[^/]*", "", path).partition("?")[0]
    return safe("/".join("*" if _IDENTITY.fullmatch(part) else part for part in bare.split("/")), 60)


def unjudged_record(exchange: Exchange, dialect: Dialect, why: str) -> Record:
    """The record of an exchange that was set aside; no rule and no requirement stands behind it."""
    return Record("", "", (), "", dialect.name, exchange.id, Outcome.UNJUDGED, (), why)


def reasons(records: Iterable[Record]) -> list[str]:
    """How many exchanges were set aside for each reason, the most frequent first; of any size."""
    unjudged = (record for record in records if record.outcome is Outcome.UNJUDGED)
    notes = Counter(_SIZE.sub("", record.note) for record in unjudged)
    return [f"{count} unjudged: {note}" for note, count in notes.most_common()]
