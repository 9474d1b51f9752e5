"""Writes `scenarios/of_rules.yaml`, the conversations of each rule, from the right server, when it is run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from antiphon_conformance.rules.rule import EVERY, all_rules
from antiphon_conformance.scenarios.scenario import GENERATED
from antiphon_conformance.scenarios.selection import TABLE
from antiphon_spec.dialect import names
from inprocess import plain_traces, verdicts

MOST = 3
"""How many conversations of a dialect are enough: what shows only in others is asked for by their names."""
HEAD = """\
# For each rule that judges single exchanges: a few conversations in which it applies, over all dialects.
# Written by `python tests/rule_scenarios.py` from runs against the mock server.
"""


def rows() -> Iterator[tuple[str, list[str]]]:
    """Each rule with its conversations: of each dialect, those with the fewest requests."""
    applied = {name: _applied(name) for name in names()}
    sizes = {name: _sizes(name) for name in names()}
    for rule in all_rules().values():
        if rule.scenario in (None, EVERY):
            chosen = {
                name for dialect in names() for name in _best(applied[dialect][rule.id], sizes[dialect])
            }
            if chosen:
                yield rule.id, sorted(chosen)


def _applied(dialect: str) -> Mapping[str, set[str]]:
    places: dict[str, set[str]] = {rule: set() for rule in all_rules()}
    for record in verdicts(dialect):
        if record.scenario:
            places[record.rule].add(record.scenario)
    return places


def _sizes(dialect: str) -> Mapping[str, int]:
    return {trace.scenario: len(trace.exchanges) for trace in plain_traces(dialect)}


def _best(scenarios: Iterable[str], sizes: Mapping[str, int]) -> list[str]:
    """The conversations with the fewest requests; generated ones only where no other shows the rule."""
    places = sorted(scenarios, key=lambda name: (name == GENERATED, sizes.get(name, 0), name))
    return [name for name in places[:MOST] if name != GENERATED or len(places) == 1]


def main() -> None:
    """Writes the table."""
    table = dict(sorted(rows()))
    lines = [f"{rule}: [{', '.join(places)}]\n" for rule, places in table.items()]
    TABLE.write_text(HEAD + "".join(lines), encoding="utf-8")
    print(f"{len(table)} rules: {Counter(map(len, table.values()))}")


if __name__ == "__main__":
    main()
