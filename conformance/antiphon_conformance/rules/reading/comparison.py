"""Compares answers that must agree, checks statuses that must come, and reads what an answer shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import answered, member, number, text_of
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.rules.views import ScenarioTrace

SUCCESS = range(200, 300)
CLIENT_ERROR = range(400, 500)

MARGIN = 32
"""How many tokens two inputs may differ by besides their texts: templates name days, models get hints."""
VOLATILE = frozenset({"encrypted_content", "obfuscation", "billing", "fingerprint"})
"""Members in which genuine servers put another value each time, or only in some views of a response."""


def took_place(*names: str) -> Callable[[ScenarioTrace], bool]:
    """For `when=`: these steps took place; some steps depend on what the target offers."""
    return lambda trace: all(name in trace for name in names)


def succeeded(*names: str) -> Callable[[ScenarioTrace], bool]:
    """For `when=`: these steps took place and succeeded."""
    return lambda trace: all(name in trace and trace[name].ok for name in names)


def expect_status(exchange: Exchange, statuses: Collection[int], expected: str) -> Iterator[Finding]:
    """A finding when the status of an answer is not one of `statuses`."""
    status = exchange.answer.status
    if status not in statuses:
        yield Finding("reply.status", expected, str(status), exchange.id)


def expect_ok(exchange: Exchange, expected: str) -> Iterator[Finding]:
    """A finding when a right request did not succeed: 201 instead of 200 is the concern of another rule."""
    yield from expect_status(exchange, SUCCESS, expected)


def expect_rejection(exchange: Exchange, expected: str) -> Iterator[Finding]:
    """A finding when a wrong request was not answered with a 4xx."""
    yield from expect_status(exchange, CLIENT_ERROR, expected)


def expect_not_found(exchange: Exchange) -> Iterator[Finding]:
    """A finding when an id that names nothing was not answered with 404."""
    yield from expect_status(exchange, (404,), "404, because nothing has this id")


def response_differences(now: Exchange, before: Exchange) -> Iterator[Finding]:
    """The differences between the response object of `now` and that of `before`, which it must repeat."""
    earlier = answered(before)
    for pointer, value, actual in differences(earlier, answered(now)):
        yield Finding(f"reply.body{pointer}", f"{show(value)}, as in {before.id}", show(actual), now.id)


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(pointer, before, after) where two JSON values differ; members that only `after` has do not count, nor
    does null where `after` has no member: clients read both alike."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in (name for name in before if name not in VOLATILE):
            if before[name] is not None or name in after:
                yield from differences(before[name], after.get(name, ABSENT), f"{pointer}/{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{pointer}/{index}")
    elif isinstance(before, bool) is not isinstance(after, bool) or before != after:
        yield pointer, before, after


def input_tokens(exchange: Exchange) -> int | float:
    """How many input tokens an answer reports; 0 when it reports none (other rules require them)."""
    return number(member(answered(exchange), "usage", "input_tokens")) or 0


def output_tokens(exchange: Exchange) -> int | float:
    """How many output tokens an answer reports; 0 when it reports none."""
    return number(member(answered(exchange), "usage", "output_tokens")) or 0


def says(exchange: Exchange, word: str) -> bool:
    """Whether an answer contains a word, in any case."""
    return exchange.ok and word.casefold() in text_of(exchange.response).casefold()


def answers(trace: ScenarioTrace, step: str) -> list[Exchange]:
    """The answer of a step, and the one to the same question asked again, if it was."""
    return [trace[name] for name in (step, f"{step}_again") if name in trace]


def knows(trace: ScenarioTrace, step: str, word: str) -> bool:
    """Whether an answer of a step contains a word."""
    return any(says(answer, word) for answer in answers(trace, step))
