"""The differences between two exchanges of one step: status, headers, body or stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from antiphon_conformance.compare.difference import Aspect, Difference, Grade
from antiphon_conformance.compare.framing import framing
from antiphon_conformance.compare.members import ERROR
from antiphon_conformance.compare.pages import ENTRY, is_page, page_differences
from antiphon_conformance.compare.pairs import Pairs
from antiphon_conformance.compare.statuses import is_legal
from antiphon_conformance.compare.streams import Streams
from antiphon_conformance.compare.validity import members_at_fault
from antiphon_conformance.compare.values import Values
from antiphon_conformance.http.exchange import (
    CLOSED,
    GAVE_UP,
    NOT_OFFERED,
    Exchange,
    MissingStepError,
    Part,
    Reply,
    Stream,
)
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

TAIL, LEFT_EARLY = "resumed", "left-early"
"""Traits of exchanges whose streams are not whole."""


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Compares the exchanges of one conversation, step after step."""

    dialect: Dialect
    pairs: Pairs
    absent: frozenset[str] = frozenset()
    """The optional features that B does not offer."""

    def differences(self, in_a: Exchange, in_b: Exchange) -> Iterator[Difference]:
        """Where two exchanges of one step differ."""
        for difference in self._replies(in_a, in_b):
            yield replace(difference, operation=in_a.operation or "")

    def _replies(self, in_a: Exchange, in_b: Exchange) -> Iterator[Difference]:
        side_a, side_b = in_a.reply, in_b.reply
        if side_a is None or side_b is None:
            if side_a is not side_b:
                words = (in_a.failure or "answered", in_b.failure or "answered")
                yield Difference(Aspect.NO_ANSWER, "answer", *words, *_silence(in_a, in_b))
            return
        gaps = in_a.not_recorded | in_b.not_recorded
        if side_a.status != side_b.status and Part.STATUS not in gaps:
            yield self._status(in_a, in_b)
        is_same_class = side_a.status // 100 == side_b.status // 100 or Part.STATUS in gaps
        has_turn = side_a.status >= 400 and in_a.is_turn is not in_b.is_turn
        if not is_same_class or has_turn:
            return  # the bodies say different things
        if side_a.status >= 400 and NOT_OFFERED in in_b.traits:
            why = "B answers everything here as its router does: it does not offer this operation"
            yield Difference(Aspect.FORM, "body", _form(side_a), "of a router", Grade.LEGAL, why)
            return
        if why := self._parameters(in_a, in_b):
            yield Difference(Aspect.STEP, "path", in_a.request.path, in_b.request.path, Grade.LEGAL, why)
            return
        if Part.REPLY_HEADERS not in gaps:
            yield from _headers(side_a, side_b)
        if (side_a.stream is None) is not (side_b.stream is None):
            yield Difference(Aspect.FORM, "body", _form(side_a), _form(side_b))
            return
        values = self._values(in_a, in_b)
        if side_a.stream is not None and side_b.stream is not None:
            is_whole = LEFT_EARLY not in in_a.traits | in_b.traits
            if is_whole and Part.BYTES not in gaps:
                yield from framing(side_a.stream, side_b.stream)
            pair = (side_a.stream, side_b.stream) if is_whole else _beginnings(side_a.stream, side_b.stream)
            yield from Streams(values, self.dialect).differences(*pair, is_tail=TAIL in in_a.traits)
            return
        yield from self._bodies(side_a, side_b, values)
        if Part.BYTES not in gaps:
            yield from _spelling(side_a, side_b)

    def _status(self, in_a: Exchange, in_b: Exchange) -> Difference:
        why = is_legal(in_a, in_b, self.absent, self.dialect)
        grade = Grade.LEGAL if why else Grade.DIFFERENT
        words = str(in_a.answer.status), str(in_b.answer.status)
        return Difference(Aspect.STATUS, "status", *words, grade, why)

    def _parameters(self, in_a: Exchange, in_b: Exchange) -> str:
        """Why the paths of two requests do not name the same objects; empty when they may. Where an id is
        wrong in B, the answer that told it says so."""
        match_a, match_b = (
            self.dialect.document.match(exchange.request.method, exchange.request.path)
            for exchange in (in_a, in_b)
        )
        if match_a is None or match_b is None:
            return ""
        values = [(value, match_b[1].get(name, value)) for name, value in match_a[1].items()]
        kinds = (realm(in_a) + "id", ENTRY)
        return next(filter(None, (self.pairs.ids(kind, *pair) for pair in values for kind in kinds)), "")

    def _values(self, in_a: Exchange, in_b: Exchange) -> Values:
        scope = in_a.id
        with suppress(MissingStepError):
            scope = str(in_a.response.get("id") or scope)
        return Values(
            self.pairs,
            scope,
            self._faults(in_b),
            self.dialect.traits.response,
            self.dialect.schemas.item_types,
            (str(in_a.request.fields.get("model")), str(in_b.request.fields.get("model"))),
            realm=realm(in_a),
        )

    def _faults(self, exchange: Exchange) -> frozenset[str]:
        """The members in which a body breaks the document's schema."""
        reply = exchange.reply
        if not exchange.operation or exchange.is_turn or reply is None or reply.stream is not None:
            return frozenset()
        validator = self.dialect.schemas.body(exchange.operation, reply.status)
        return members_at_fault(validator, reply.body)

    def _bodies(self, side_a: Reply, side_b: Reply, values: Values) -> Iterator[Difference]:
        faults = [fault for fault in side_b.json_faults if fault not in side_a.json_faults]
        if faults and not side_a.json_faults:
            yield Difference(Aspect.FORM, "body", _form(side_a), faults[0])
        bodies = side_a.body, side_b.body
        if side_a.messages and side_a.status != side_b.status:  # they repeat it
            bodies = _without_status(side_a.body), _without_status(side_b.body)
        if is_page(bodies[0]) and is_page(bodies[1]):
            yield from page_differences(values, *bodies)
        elif side_a.messages and _is_flat_error(bodies[0]) is not _is_flat_error(bodies[1]):
            forms = ["flat" if _is_flat_error(body) else "nested" for body in bodies]
            why = "the document has the members of an error flat, and genuine servers nest them"
            yield Difference(Aspect.FORM, "error", forms[0], forms[1], Grade.LEGAL, why)
            yield from values.differences(_nested(bodies[0]), _nested(bodies[1]), "")
        elif side_a.body is not None or side_b.body is not None:
            yield from values.differences(*bodies, _root(side_a.body))


def realm(exchange: Exchange) -> str:
    """Where ids of items belong: no document says that a conversation keeps those of the responses."""
    return "conversation " if "Conversation" in (exchange.operation or "") else ""


def _silence(in_a: Exchange, in_b: Exchange) -> tuple[Grade, str]:
    """The grade of an answer that one side does not give."""
    if GAVE_UP in in_a.traits | in_b.traits:
        return Grade.LEGAL, "we stopped listening"
    if CLOSED in in_b.traits:
        return Grade.LEGAL, "a server may end a connection after a turn"
    return Grade.DIFFERENT, ""


def _without_status(body: Any) -> Any:
    return {**body, "status": None} if isinstance(body, dict) else body


def _is_flat_error(body: Any) -> bool:
    """Whether the members of an error stand beside its type, as in an event of a stream."""
    return isinstance(body, dict) and body.get("type") == "error" and "error" not in body


def _nested(body: Any) -> Any:
    """An error whose members stand in `error`."""
    if not _is_flat_error(body):
        return body
    inner = {name: body[name] for name in ERROR if name in body and name != "type"}
    return {name: value for name, value in body.items() if name not in inner} | {"error": inner}


def _beginnings(side_a: Stream, side_b: Stream) -> tuple[Stream, Stream]:
    """As much of two streams as both have, where we left before their end."""
    size = min(len(side_a.events), len(side_b.events))
    return replace(side_a, events=side_a.events[:size]), replace(side_b, events=side_b.events[:size])


def _root(body: Any) -> str:
    return "response" if isinstance(body, dict) and body.get("object") == "response" else ""


def _form(reply: Reply) -> str:
    if reply.stream is not None:
        return "an event stream"
    if not reply.raw:
        return "no body"
    return "JSON" if reply.body is not None else "no JSON"


def _headers(side_a: Reply, side_b: Reply) -> Iterator[Difference]:
    """The media type, and which headers there are; other values are a server's own."""
    types = [(reply.headers.get("content-type") or "") for reply in (side_a, side_b)]
    essences = [kind.partition(";")[0].strip().lower() for kind in types]
    if essences[0] != essences[1]:
        yield Difference(Aspect.HEADER, "content-type", types[0] or "absent", types[1] or "absent")
    elif types[0] != types[1]:
        why = "the same media type"
        yield Difference(Aspect.SPELLING, "content-type", types[0], types[1], Grade.HARMLESS, why)
    names = [
        {name.lower() for name, _ in reply.headers.pairs} - {"content-type"} for reply in (side_a, side_b)
    ]
    for name in sorted(names[0] - names[1]):
        yield Difference(
            Aspect.HEADER, name, "present", "absent", Grade.LEGAL, "no client of this API needs it"
        )
    for name in sorted(names[1] - names[0]):
        why = "clients ignore headers that they do not know"
        yield Difference(Aspect.HEADER, name, "absent", "present", Grade.HARMLESS, why)


def _spelling(side_a: Reply, side_b: Reply) -> Iterator[Difference]:
    """How the same JSON is written: order of members, spaces, escapes."""
    if side_a.json_faults or side_b.json_faults or side_a.body is None or side_b.body is None:
        return
    swap = _moved(side_a.body, side_b.body)
    if swap is not None:
        yield Difference(Aspect.SPELLING, "order of members", *swap, Grade.HARMLESS, "objects have no order")
    if _is_plain(side_a) is not _is_plain(side_b):
        words = ["compact" if _is_plain(reply) else "with spaces or escapes" for reply in (side_a, side_b)]
        yield Difference(Aspect.SPELLING, "JSON", words[0], words[1], Grade.HARMLESS, "the same JSON")


def _is_plain(reply: Reply) -> bool:
    try:
        return orjson.dumps(reply.body) == reply.raw.strip() and reply.raw == reply.raw.strip()
    except (TypeError, orjson.JSONEncodeError):
        return False


def _moved(side_a: Any, side_b: Any) -> tuple[str, str] | None:
    """The first two members of an object that stand in another order in B; None when none do."""
    if isinstance(side_a, dict) and isinstance(side_b, dict):
        names_a, names_b = (
            [name for name in side_a if name in side_b],
            [name for name in side_b if name in side_a],
        )
        if names_a != names_b:
            index = next(index for index, name in enumerate(names_a) if name != names_b[index])
            return f"{names_a[index]} first", f"{names_b[index]} first"
        return next(filter(None, (_moved(side_a[name], side_b[name]) for name in names_a)), None)
    if isinstance(side_a, list) and isinstance(side_b, list):
        return next(filter(None, (_moved(*pair) for pair in zip(side_a, side_b, strict=False))), None)
    return None
