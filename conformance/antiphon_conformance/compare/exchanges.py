"""The differences between two exchanges of one step: status, headers, body or stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import orjson

from antiphon_conformance.compare.difference import Aspect, Difference, Grade
from antiphon_conformance.compare.framing import framing
from antiphon_conformance.compare.pairs import Pairs
from antiphon_conformance.compare.streams import Streams
from antiphon_conformance.compare.validity import members_at_fault
from antiphon_conformance.compare.values import Values
from antiphon_conformance.http.exchange import GAVE_UP, Exchange, MissingStepError, Part, Reply, Stream
from antiphon_conformance.requests.location import locate
from antiphon_conformance.rules.views import INVALID
from antiphon_spec.dialect import Dialect

ALIKE = ({400, 422}, {404, 405}, {400, 413})
"""Statuses that servers use for the same rejection."""
REJECTIONS = (["error"], ["response.failed"])
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
        side_a, side_b = locate(in_a, self.dialect), locate(in_b, self.dialect)
        for difference in self._replies(side_a, side_b):
            yield replace(difference, operation=side_a.operation or "")

    def _replies(self, in_a: Exchange, in_b: Exchange) -> Iterator[Difference]:
        side_a, side_b = in_a.reply, in_b.reply
        if side_a is None or side_b is None:
            if side_a is not side_b:
                words = (in_a.failure or "answered", in_b.failure or "answered")
                is_impatience = GAVE_UP in in_a.traits | in_b.traits
                grade, why = (Grade.LEGAL, "we stopped listening") if is_impatience else (Grade.DIFFERENT, "")
                yield Difference(Aspect.NO_ANSWER, "answer", *words, grade, why)
            return
        gaps = in_a.not_recorded | in_b.not_recorded
        if side_a.status != side_b.status and Part.STATUS not in gaps:
            yield self._status(in_a, side_a, side_b)
        if side_a.status // 100 != side_b.status // 100 and Part.STATUS not in gaps:
            return  # the bodies say different things
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

    def _status(self, in_a: Exchange, side_a: Reply, side_b: Reply) -> Difference:
        grade, why = Grade.DIFFERENT, ""
        optional = next((name for name in self.absent if self._is_of(name, in_a)), None)
        if {side_a.status, side_b.status} in ALIKE:
            grade, why = Grade.LEGAL, "both reject the request"
        elif side_a.status in (401, 403) and side_b.status < 300:
            grade, why = Grade.LEGAL, "B asks for no key"
        elif INVALID in in_a.traits and side_b.status < 300:
            grade, why = (
                Grade.LEGAL,
                "B accepts a wrong request" if not _rejects(side_b) else "B rejects it in the stream",
            )
        elif optional is not None and side_b.status >= 400:
            grade, why = Grade.LEGAL, f"B does not offer {optional}, which is optional"
        return Difference(Aspect.STATUS, "status", str(side_a.status), str(side_b.status), grade, why)

    def _is_of(self, feature: str, exchange: Exchange) -> bool:
        """Whether an exchange needs an optional feature."""
        row = self.dialect.features.get(feature)
        if row is None or not row.optional:
            return False
        is_in_use = exchange.request.fields.get(feature) not in (None, False)
        return is_in_use or (row.operation is not None and row.operation == exchange.operation)

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
        )

    def _faults(self, exchange: Exchange) -> frozenset[str]:
        """The members in which a body breaks the document's schema."""
        if not exchange.operation or exchange.reply is None or exchange.reply.stream is not None:
            return frozenset()
        validator = self.dialect.schemas.body(exchange.operation, exchange.reply.status)
        return members_at_fault(validator, exchange.reply.body)

    def _bodies(self, side_a: Reply, side_b: Reply, values: Values) -> Iterator[Difference]:
        faults = [fault for fault in side_b.json_faults if fault not in side_a.json_faults]
        if faults and not side_a.json_faults:
            yield Difference(Aspect.FORM, "body", _form(side_a), faults[0])
        if side_a.body is not None or side_b.body is not None:
            yield from values.differences(side_a.body, side_b.body, _root(side_a.body))


def _rejects(reply: Reply) -> bool:
    """Whether a stream holds an error in place of a response."""
    return reply.stream is not None and [event.type for event in reply.stream.events][-1:] in REJECTIONS


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
