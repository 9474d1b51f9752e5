"""No wrong answer makes a rule raise: our crash is never the target's failure."""

from __future__ import annotations

import copy
import random
from dataclasses import replace

import orjson
import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.rules.reading.output import parse_json
from antiphon_conformance.rules.response.echo import ECHOES
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec import dialect as dialects
from inprocess import run_suite

JUNK = (
    *(None, True, -1, -5, 1e308, "", [], {}, {"type": "message"}, [1, None], "x" * 50, {"type": []}, [[]]),
    *("[" * 50_000, "completed", {"error": {"code": [], "type": {}}}),
)
ROUNDS = 4


@pytest.mark.parametrize("dialect", dialects.names())
def test_no_answer_breaks_a_rule(dialect):
    right = run_suite(dialect, properties=False).traces
    chance = random.Random(f"hostile {dialect}")
    failures = {
        f"{record.rule}: {record.note}"
        for _ in range(ROUNDS)
        for record in engine.judge(
            [*(corrupt_episode(entry, chance) for entry in right), generated(right, chance)],
            dialects.load(dialect),
        )
        if record.outcome is Outcome.BROKEN
    }
    assert not failures


def corrupt_episode(trace, chance):
    exchanges = {name: corrupt(entry, chance) for name, entry in trace.exchanges.items()}
    return replace(trace, exchanges=exchanges)


def generated(right, chance):
    """Answers to requests that are as odd as generated ones."""
    exchanges = {
        f"{entry.scenario}, {name}": replace(
            exchange, request=replace(exchange.request, body=change(exchange.request.body, chance))
        )
        for entry in right
        for name, exchange in entry.exchanges.items()
        if isinstance(exchange.request.body, dict)
    }
    return Trace("generated", {name: corrupt(exchange, chance) for name, exchange in exchanges.items()})


def corrupt(exchange, chance):
    """The exchange with another body, or with other events in another order."""
    reply = exchange.reply
    if reply is None:
        return exchange
    if reply.stream is None:
        raw = orjson.dumps(change(reply.body, chance))
    else:
        events = disturb([dict(event.data) for event in reply.stream.events], chance)
        raw = b"".join(b"event: x\ndata: " + orjson.dumps(event) + b"\n\n" for event in events)
    return replace(exchange, reply=read_reply(reply.status, reply.headers, raw, started_at=reply.started_at))


def disturb(events, chance):
    """Events left out, repeated, shuffled, changed."""
    for _ in range(chance.choice((1, 2, 4))):
        at, turn = chance.randrange(len(events) or 1), chance.random()
        if not events:
            break
        if turn < 0.15:
            del events[at]
        elif turn < 0.3:
            events.insert(at, copy.deepcopy(chance.choice(events)))
        elif turn < 0.4:
            chance.shuffle(events)
        else:
            events[at] = change(events[at], chance)
    return events


def change(value, chance):
    """A value with a few places left out, repeated or replaced by junk."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 5))):
        spots = list(places(value))
        if not spots:
            return chance.choice(JUNK)
        holder, key = chance.choice(spots)
        turn = chance.random()
        if turn < 0.2:
            del holder[key]
        elif turn < 0.3 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[0]))
        else:
            holder[key] = copy.deepcopy(chance.choice(JUNK))
    return value


def places(value):
    """Each place inside a value, as (container, key)."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    )
    for key, inner in members:
        yield value, key
        yield from places(inner)


@pytest.mark.parametrize("asked", [0.7, 10**400])
def test_a_number_beyond_double_precision_is_compared(asked):
    (echo,) = (entry for entry in ECHOES if entry.path == ("temperature",))
    assert echo.allows(asked, 10**400) is (asked == 10**400)


def test_a_text_that_nests_too_deeply_is_not_json():
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 200_000)
