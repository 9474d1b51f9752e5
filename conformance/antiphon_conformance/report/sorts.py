"""Sorts of answers: which of a run's exchanges are plain, and in which a fault shows that breaks a client.

A client that breaks at a fault breaks at a feature only where the plain case has the fault. Where only
answers with reasoning or a refusal have it, say, the client breaks at those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from typing import Any

from antiphon_conformance.http.exchange import Exchange, MissingStepError
from antiphon_conformance.scenarios.scenario import GENERATED
from antiphon_spec.loading.construction import dataclass

STREAM, DOCUMENT = "streams", "answers"
"""The two ways in which an answer comes."""
MODES: Mapping[str, str] = {
    "create": DOCUMENT, "tools": DOCUMENT, "parse": DOCUMENT, "chain": DOCUMENT,
    "stream": STREAM, "stream_helper": STREAM, "streamed_tools": STREAM,
}  # fmt: skip
"""How the features of clients get their answers; the others get them in both ways."""
SPECIAL: Mapping[str, str] = {
    "calls": "with several calls",
    "reasoning": "with reasoning",
    "cut": "cut short",
    "refusal": "at a refusal",
    "hosted": "with tools of the server",
    "failed": "at a failure",
    "generated": "to generated requests",
}
"""The sorts of answers that are not plain, those that most programs meet first, and their words."""
ALWAYS = "reasoning"
"""The sort that each answer of some models has: theirs are plain without another one."""
HOSTED = ("mcp", "web_search", "file_search", "code_interpreter", "image_generation")
"""How the types of tools begin that the server itself runs."""
TIGHT = 64
"""A limit of output tokens at which answers to the suite's longer questions are cut."""
ENDS = {"response.completed", "response.incomplete", "response.failed", "error"}
ADDED = "response.output_item.added"
CALLS = ("function_call", "custom_tool_call")
"""The types of items that ask the client to call a tool."""
REFUSED = "/refus"
"""In the id of an exchange that asks for a refusal, which a server may lose: scenarios name such steps so."""


@dataclass(frozen=True, slots=True)
class Sorts:
    """The sorts of a run's answers. They are empty in reports of earlier versions: all pass for plain."""

    by_exchange: Mapping[str, Collection[str]] = field(default_factory=dict)
    """How an exchange was answered, and which members of SPECIAL it has, for exchanges with findings."""
    counts: Mapping[str, Collection[int]] = field(default_factory=dict)
    """How many plain ones and how many in all, by the way in which the answer comes."""

    def share(self, feature: str, exchanges: Iterable[str]) -> Share | None:
        """How much of what a client's feature meets has the fault of these exchanges; None for nothing."""
        mode = MODES.get(feature, "")
        rows = [name for name in set(exchanges) if not mode or mode in self.by_exchange.get(name, (mode,))]
        if not rows:
            return None
        plain, whole = self.counts.get(mode, (0, 0))
        names = [sort for sort in SPECIAL if plain or sort != ALWAYS]
        sorts = [[sort for sort in names if sort in self._of(name)] for name in rows]
        if not whole or not all(sorts):
            return Share(len(rows), whole)
        words = tuple(SPECIAL[sort] for sort in SPECIAL if any(sort in row for row in sorts))
        return Share(len(rows), whole, mode, words)

    def commonness(self, exchange: str) -> int:
        """0 for a plain answer, more the rarer programs meet its sort."""
        return max((place for place, sort in enumerate(SPECIAL, 1) if sort in self._of(exchange)), default=0)

    def _of(self, exchange: str) -> Collection[str]:
        generated = ("generated",) if exchange.startswith(f"{GENERATED}/") else ()
        return (*self.by_exchange.get(exchange, ()), *generated)


@dataclass(frozen=True, slots=True)
class Share:
    """In how many answers a client meets a fault, and what is special about all of them."""

    part: int
    whole: int
    noun: str = ""
    special: tuple[str, ...] = ()
    """Empty when a plain answer has the fault."""

    @property
    def words(self) -> str:
        """`in 1 of 19 streams, with reasoning`; empty for the plain case."""
        return (
            f"in {self.part} of {max(self.whole, self.part)} {self.noun}, {' or '.join(self.special)}"
            if self.special
            else ""
        )


def rarity(words: str) -> int:
    """How rare the answers are that these words of a share name: 0 for those that most programs meet."""
    return next((place for place, name in enumerate(SPECIAL.values()) if name in words), len(SPECIAL))


def sorts_of(exchange: Exchange) -> tuple[str, ...]:
    """How an exchange was to be answered, and what is special about the answer; nothing where none came."""
    if exchange.reply is None:
        return ()
    stream = exchange.reply.stream
    kinds = {str(thing.get("type")) for thing in _items_and_parts(exchange)}
    for name in stream.by_type if stream is not None else ():
        kinds.add(name.removeprefix("response.").partition("_")[0].partition(".")[0])
    is_cut = _response(exchange).get("status") == "incomplete" or _used_its_limit(exchange)
    if exchange.ok and (is_cut or _may_be_cut(exchange)):
        kinds.add("cut")
    if "error" in kinds or _response(exchange).get("status") == "failed":
        kinds.add("failed")
    if _calls(exchange) > 1:
        kinds.add("calls")
    if any(
        str(tool.get("type")).startswith(HOSTED) for tool in _objects(exchange.request.fields.get("tools"))
    ):
        kinds.add("hosted")
    if REFUSED in exchange.id:
        kinds.add("refusal")
    is_stream = stream is not None or exchange.request.fields.get("stream") is True
    return STREAM if is_stream else DOCUMENT, *(sort for sort in SPECIAL if sort in kinds)


def counts_of(exchanges: Iterable[Exchange]) -> dict[str, list[int]]:
    """How many requests got plain items and how many got any, by the way in which the answer came."""
    counts = {STREAM: [0, 0], DOCUMENT: [0, 0]}
    for exchange in exchanges:
        items = _items_and_parts(exchange) or _streamed(exchange)
        if exchange.ok and exchange.request.method == "POST" and items:
            mode, *special = sorts_of(exchange)
            counts[mode][0] += not special
            counts[mode][1] += 1
    return counts


def _items_and_parts(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The items of a response, and the parts of their contents."""
    items = _objects(_response(exchange).get("output"))
    return [*items, *(part for item in items for part in _objects(item.get("content")))]


def _used_its_limit(exchange: Exchange) -> bool:
    """Whether an answer has as many tokens as the request allows: a server may not say that it was cut."""
    usage, limit = _response(exchange).get("usage"), exchange.request.fields.get("max_output_tokens")
    count = usage.get("output_tokens") if isinstance(usage, dict) else None
    return type(limit) is int and type(count) is int and count >= limit


def _may_be_cut(exchange: Exchange) -> bool:
    """Whether a stream breaks off under a limit that few answers keep: what breaks it may be the cut."""
    limit = exchange.request.fields.get("max_output_tokens")
    stream = exchange.reply.stream if exchange.reply is not None else None
    is_tight = type(limit) is int and limit <= TIGHT
    return is_tight and stream is not None and not stream.by_type.keys() & ENDS


def _calls(exchange: Exchange) -> int:
    """How many calls an answer makes, by its stream where there is one: a server may lose some at the end."""
    return sum(item.get("type") in CALLS for item in _streamed(exchange) or _items_and_parts(exchange))


def _streamed(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The items that a stream announces."""
    stream = exchange.reply.stream if exchange.reply is not None else None
    return _objects([event.data.get("item") for event in stream.of(ADDED)]) if stream is not None else []


def _response(exchange: Exchange) -> Mapping[str, Any]:
    try:
        return exchange.response
    except MissingStepError:
        return {}


def _objects(members: Any) -> list[Mapping[str, Any]]:
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []
