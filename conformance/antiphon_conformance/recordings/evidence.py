"""What a recorder lost or changed, as far as the recorded exchanges show it themselves.

Recorders rarely say what they filter. Plain traces of it: no answer of a cassette has a `Date`, which every
HTTP server with a clock sends (RFC 9110, 6.6.1); ids that are placeholders; two responses with one id; JSON
that stops in the middle. Only recordings of others are examined: what we recorded ourselves is complete.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeGuard

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Part, Reply, Stream, final_response
from antiphon_conformance.http.placeholder import has_mask, has_placeholder, has_trace, is_placeholder
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.http.timing import read_date
from antiphon_conformance.recordings.address import with_address
from antiphon_conformance.recordings.shortened import dotted, is_cut, share_a_length

READ_HEADERS = (
    "allow", "content-encoding", "content-length", "content-type", "date", "retry-after", "www-authenticate"
)  # fmt: skip
"""The headers of an answer with a standard form: a placeholder in one of them breaks it."""
CHAT_PATH = "/chat/completions"
CREATES = ("/responses", "/responses/compact", "/responses/input_tokens", CHAT_PATH)
"""The ends of the paths whose requests always have a body."""
TERMINAL = ("response.completed", "response.failed", "response.incomplete", "response.cancelled", "error")
BETWEEN_ITEMS = ("response.output_item.done",)
"""The events after which a stream without an end lacks nothing but its end."""
PREFIXED = re.compile(r"(?:[a-z]{1,6}_)?(?P<rest>[0-9a-f]{16,})")
ALMOST = 0.9
"""From this share of one digit on, a long id is made by hand."""
ROUND = 100_000
"""Nobody creates a response at a second that this divides."""
DAY, TEN_YEARS = 86_400, 315_360_000
"""Seconds."""
LONGER = 16
"""Characters by which ids of one server do not differ."""
COUNTING = frozenset({0, 1, 12345, 123456, 1234567, 12345678, 123456789, 1234567890})


class _Bodies(NamedTuple):
    """The bytes of a request and of its answer; empty where nothing in them can be a recorder's."""

    request: bytes
    reply: bytes
    dotted: tuple[tuple[str, ...], tuple[str, ...]]
    """The long texts in each that end in dots."""

    def has_gaps(self) -> bool:
        """Whether texts in them were shortened or replaced."""
        return any(map(is_cut, self.dotted)) or any(
            has_placeholder(raw) or has_mask(raw) for raw in (self.request, self.reply)
        )


def with_losses(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """The exchanges of one recorder, each with the parts that it lost."""
    exchanges = [with_address(exchange) for exchange in exchanges]
    bodies = [_bodies(exchange) for exchange in exchanges]
    losses = frozenset(_lost_everywhere(exchanges, bodies))
    return tuple(_with(exchange, losses, pair) for exchange, pair in zip(exchanges, bodies, strict=True))


def _bodies(exchange: Exchange) -> _Bodies:
    request = strict_json.write(exchange.request.body)
    reply = exchange.reply.raw if exchange.reply is not None else b""
    request, reply = (raw if has_trace(raw) else b"" for raw in (request, reply))
    return _Bodies(request, reply, (dotted(request), dotted(reply)))


def _with(exchange: Exchange, losses: frozenset[Part], bodies: _Bodies) -> Exchange:
    lost = exchange.not_recorded | losses | frozenset(_lost_here(exchange, bodies))
    if Part.BODY_END in lost and exchange.reply is not None and _is_unfinished(exchange.reply.stream):
        stream = replace(exchange.reply.stream, cut=True)
        exchange = replace(exchange, reply=replace(exchange.reply, stream=stream))
    return exchange if lost == exchange.not_recorded else replace(exchange, not_recorded=lost)


def _lost_everywhere(exchanges: Sequence[Exchange], bodies: Sequence[_Bodies]) -> Iterator[Part]:
    """What the recorder lost in every exchange."""
    replies = [exchange.reply for exchange in exchanges if exchange.reply is not None]
    if _none_has(replies, "date") or _none_has([reply for reply in replies if reply.raw], "content-type"):
        yield Part.REPLY_HEADERS
    answers = (pair for exchange, pair in zip(exchanges, bodies, strict=True) if exchange.reply is not None)
    if share_a_length(text for pair in answers for texts in pair.dotted for text in texts):
        yield Part.TEXTS
    responses = [response for exchange in exchanges if (response := _response(exchange))]
    if _repeats(responses, lambda response: response.get("id")):
        yield Part.IDS
    if _repeats(responses, lambda response: response.get("created_at"), least=3):
        yield Part.TIMES
    if len(replies) > 2 and _one_value([reply.headers.get("date") for reply in replies]):
        yield Part.TIMES


def _none_has(replies: Sequence[Reply], name: str) -> bool:
    return bool(replies) and all(reply.headers.get(name) is None for reply in replies)


def _one_value(values: Sequence[str | None]) -> bool:
    return None not in values and len(set(values)) == 1


def _repeats(
    responses: Sequence[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Any], least: int = 2
) -> bool:
    """Whether different responses, at least `least` of them, share a value that differs between any two."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for response in responses:
        value = read(response)
        if isinstance(value, str | int):
            groups.setdefault(value, []).append(response)
    return any(len(group) >= least and len(set(map(_content, group))) >= least for group in groups.values())


def _content(response: Mapping[str, Any]) -> str:
    return repr((response.get("output"), response.get("usage")))


def _response(exchange: Exchange) -> Mapping[str, Any]:
    """The ended response that a create answered; empty when the exchange is something else."""
    path = exchange.request.path.partition("?")[0]
    if exchange.request.method != "POST" or not path.endswith(CREATES[0]) or exchange.reply is None:
        return {}
    stream = exchange.reply.stream
    response = exchange.reply.fields if stream is None else final_response(stream)
    return response if response.get("status") == "completed" else {}


def _lost_here(exchange: Exchange, bodies: _Bodies) -> Iterator[Part]:
    """What the recorder lost in this exchange."""
    request, reply = exchange.request, exchange.reply
    path = request.path.partition("?")[0]
    if exchange.ok and request.method == "POST" and path.endswith(CREATES) and request.body is None:
        yield Part.REQUEST  # the server understood a body, so there was one
    if bodies.has_gaps():
        yield Part.TEXTS
    if reply is None:
        return
    if any(is_placeholder(value) for name in READ_HEADERS if (value := reply.headers.get(name))):
        yield Part.REPLY_HEADERS
    if _stops_early(reply) or (path.endswith(CHAT_PATH) and _lacks_sentinel(reply.stream)):
        yield Part.BODY_END
    yield from _replaced(reply)
    if _knew_longer(exchange, _whole(reply).get("id")):
        yield Part.IDS
    if _is_older(_response(exchange).get("created_at"), reply.headers.get("date")):
        yield Part.TIMES


def _stops_early(reply: Reply) -> bool:
    """Whether the body stops inside JSON, or a stream inside a message or an item: the client left, or the
    recorder cut. A stream that lacks its end after whole items is the server's."""
    if reply.stream is not None:
        events = reply.stream.events
        is_inside = _is_unfinished(reply.stream) and bool(events) and events[-1].type not in BETWEEN_ITEMS
        return is_inside or "unterminated" in reply.stream.oddities
    text = reply.raw.lstrip()
    is_json = text.startswith((b"{", b"[")) and reply.body is None
    return is_json and not text.rstrip().endswith((b"}", b"]"))


def _lacks_sentinel(stream: Stream | None) -> bool:
    """Whether a streamed chat lacks its last message: a recorder that cuts and a server look alike."""
    return stream is not None and bool(stream.frames) and stream.frames[-1].data != SENTINEL


def _is_unfinished(stream: Stream | None) -> TypeGuard[Stream]:
    """Whether a stream lacks the event that ends it."""
    return stream is not None and not any(stream.of(*TERMINAL))


def _replaced(reply: Reply) -> Iterator[Part]:
    """Ids and times that a recorder, and no server, wrote."""
    response = _whole(reply)
    ids = [response.get("id"), *(item.get("id") for item in _objects(response.get("output")))]
    if any(isinstance(identity, str) and is_made_by_hand(identity) for identity in ids) or _all_alike(ids):
        yield Part.IDS
    times = [response.get(name) for name in ("created_at", "completed_at")]
    if any(_is_made_up(time) for time in times if time is not None):
        yield Part.TIMES


def is_made_by_hand(identity: str) -> bool:
    """Whether an id is a recorder's: a placeholder, or a long number that is nearly all one digit."""
    match = PREFIXED.fullmatch(identity)
    rest = match["rest"] if match else ""
    likely = set(rest[: len(rest) // 10 + 1])  # among so many, one is the digit that nearly all are
    is_one_digit = bool(rest) and max(map(rest.count, likely)) / len(rest) >= ALMOST
    return is_one_digit or identity.endswith(("...", "\u2026")) or is_placeholder(identity)


def _whole(reply: Reply) -> Mapping[str, Any]:
    """The response in an answer; empty when it has none."""
    return reply.fields if reply.stream is None else final_response(reply.stream)


def _knew_longer(exchange: Exchange, identity: Any) -> bool:
    """Whether the client knows a response by a far longer id: a server has ids of one form."""
    if not isinstance(identity, str):
        return False
    path = exchange.request.path.partition("?")[0].split("/")
    names = [*path, exchange.request.fields.get("previous_response_id")]
    ids = (name for name in names if isinstance(name, str) and name.startswith("resp_"))
    return any(len(name) - len(identity) > LONGER for name in ids)


def _all_alike(ids: Sequence[Any]) -> bool:
    """Whether a response and all its items have one id but for the prefix: a recorder gave it."""
    tails = [str(identity).rpartition("_")[2] for identity in ids]
    return len(tails) > 1 and bool(tails[0]) and len(set(tails)) == 1


def _is_older(time: Any, date: str | None) -> bool:
    """Whether a new response is more than a day, and less than ten years, older than its own answer: somebody
    put it in later, or it came from a cache."""
    now = read_date(date or "")
    is_number = isinstance(time, int | float) and not isinstance(time, bool)
    return is_number and now is not None and DAY < now - time < TEN_YEARS


def _is_made_up(time: Any) -> bool:
    if isinstance(time, str):
        return is_placeholder(time)
    is_number = isinstance(time, int) and not isinstance(time, bool)
    return is_number and (time in COUNTING or (time > 0 and time % ROUND == 0))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
