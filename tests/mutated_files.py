"""Mutations of a file: cut, bytes flipped, and for JSON lines and YAML members removed or of another type."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator

import orjson

JUNK = (
    *(None, True, 0, -1, 2**63, 1.5, "", "x", [], {}, [[]], [None], {"x": None}, ["a", 1]),
    *("\u0000", "1e999", "9" * 400, {"type": {}}, {"": []}),
)


def byte_mutations(raw: bytes, count: int, chance: random.Random) -> Iterator[bytes]:
    """The bytes, cut at a random place, or with some of them replaced."""
    for turn in range(count):
        place = chance.randrange(len(raw) or 1)
        if turn % 3 == 0:
            yield raw[:place]
        elif turn % 3 == 1:
            yield raw[:place] + bytes(chance.randrange(256) for _ in range(3)) + raw[place + 3 :]
        else:
            yield raw[:place] + raw[place + chance.randrange(1, 40) :]


def line_mutations(raw: bytes, count: int, chance: random.Random) -> Iterator[bytes]:
    """JSON lines, with a member of one line removed or replaced, or a line dropped or repeated."""
    lines = [orjson.loads(line) for line in raw.splitlines() if line.strip()]
    for turn in range(count):
        changed = list(lines)
        place = chance.randrange(len(lines)) if turn % 4 else chance.choice((0, len(lines) - 1))
        if turn % 10 == 9:
            changed = changed[:place] + changed[place + 1 :] + changed[place:]
        else:
            changed[place] = mutated(lines[place], chance)
        yield b"\n".join(map(orjson.dumps, changed))


def mutated(value: object, chance: random.Random) -> object:
    """A copy of the value with one member, at any depth, removed or replaced."""
    result = copy.deepcopy(value)
    holders = list(_holders(result))
    holder = chance.choice(holders) if holders else None
    if isinstance(holder, dict):
        key = chance.choice(list(holder))
        if chance.random() < 0.4:
            del holder[key]
        else:
            holder[key] = chance.choice(JUNK)
    elif isinstance(holder, list):
        holder[chance.randrange(len(holder))] = chance.choice(JUNK)
    else:
        return chance.choice(JUNK)
    return result


def _holders(value: object) -> Iterator[dict | list]:
    if isinstance(value, dict | list) and value:
        yield value
        for member in value.values() if isinstance(value, dict) else value:
            yield from _holders(member)
