"""Which conversations a run holds when it is about some rules or scenarios only.

`of_rules.yaml` names a few conversations for each rule that judges single exchanges, most of which suit many:
`python tests/rule_scenarios.py` writes it. A rule that it does not list is looked at in all conversations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

from antiphon_conformance.rules.rule import EVERY, all_rules
from antiphon_conformance.scenarios.scenario import GENERATED, Scenario
from antiphon_spec.data import read_yaml

TABLE = Path(__file__).with_name("of_rules.yaml")


@cache
def table() -> Mapping[str, tuple[str, ...]]:
    """The conversations of each rule that judges single exchanges."""
    content: Mapping[str, list[str]] = read_yaml(TABLE, schema="of_rules")
    return {rule: tuple(names) for rule, names in content.items()}


def of_rule(rule: str) -> tuple[str, ...] | None:
    """The names of the conversations that show whether a rule holds; None for all of them."""
    scenario = all_rules()[rule].scenario
    if scenario not in (None, EVERY):
        return (scenario,) if scenario else None
    return table().get(rule)


def selection(
    scenarios: Mapping[str, Scenario], rules: Collection[str], names: Collection[str]
) -> dict[str, Scenario]:
    """Those of these scenarios that the rules need, or that are named; all of them when neither is given.

    `names` wins where both are given. Scenarios that discover what the target holds for others stay.
    """
    chosen = wanted(scenarios, rules, names)
    return {name: entry for name, entry in scenarios.items() if not chosen or name in chosen or entry.first}


def generates(rules: Collection[str], names: Collection[str]) -> bool:
    """Whether requests are generated from the document."""
    if names:
        return GENERATED in names
    places = [of_rule(rule) for rule in rules]
    return not rules or any(place is None or GENERATED in place for place in places)


def wanted(scenarios: Iterable[str], rules: Collection[str], names: Collection[str]) -> frozenset[str]:
    """The names of the conversations that are asked for; none when all are."""
    if names:
        return frozenset(names)
    places = [of_rule(rule) for rule in rules]
    if not places or None in places:
        return frozenset()
    chosen = frozenset(name for place in places if place is not None for name in place)
    # a dialect whose scenarios the table does not know gets all of them
    return chosen if chosen & {*scenarios, GENERATED} else frozenset()
