"""The rules and the scenarios that a run is about, from the values of the options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from antiphon_conformance.options.error import OptionError
from antiphon_conformance.rules.rule import all_rules, rules_for
from antiphon_conformance.scenarios.scenario import GENERATED, scenarios_for
from antiphon_spec.data import nearest
from antiphon_spec.dialect import Dialect
from antiphon_spec.profile import Profile
from antiphon_spec.renamed import current_rule

Place = Callable[[str], str]


def read_selection(
    values: Mapping[str, Any], dialects: Sequence[Dialect], profile: Profile, where: Place
) -> dict[str, Any]:
    """The fields of a RunConfig that say what it is about. Raises OptionError."""
    rules = tuple(read_rule(name, dialects, profile, where("rule")) for name in values["rule"])
    known = {name for dialect in dialects for name in scenarios_for(dialect)} | {GENERATED}
    for name in values["scenario"]:
        if name not in known:
            raise OptionError(
                where("scenario"), _of_dialects("a scenario", dialects), unknown_scenario(name, known)
            )
    for name in ("baseline_update", "requirements"):
        if (rules or values["scenario"]) and values[name]:
            chosen = where("rule" if rules else "scenario")
            raise OptionError(where(name), f"a full run, without {chosen}", chosen)
    return {"rules": tuple(dict.fromkeys(rules)), "scenarios": tuple(dict.fromkeys(values["scenario"]))}


def read_rule(name: str, dialects: Sequence[Dialect], profile: Profile, where: str) -> str:
    """The current id of a rule that judges in one of these dialects.

    Raises OptionError for an unknown id, with the nearest one, and for a rule that nothing is judged by here.
    """
    rule = current_rule(name)
    if rule not in all_rules():
        raise OptionError(where, "the id of a rule", _unknown_rule(name))
    if any(rule in rules_for(dialect, profile) for dialect in dialects):
        return rule
    if any(rule in rules_for(dialect) for dialect in dialects):
        off = f"{name}, which the profile {profile.name} has off; try --profile identical"
        raise OptionError(where, "a rule that the profile judges", off)
    raise OptionError(where, _of_dialects("a rule", dialects), name)


def _unknown_rule(name: str) -> str:
    """What an unknown rule may mean: the rules that check a requirement of this name, or are called alike."""
    checks = [rule.id for rule in all_rules().values() if name in rule.cites]
    if checks:
        return f"{name!r}, a requirement, which these check: {', '.join(checks)}"
    near = nearest(name, all_rules())
    return near if near != repr(name) else f"{near}; antiphon rules lists them"


def unknown_scenario(name: str, known: Collection[str]) -> str:
    """What an unknown scenario may mean: one that is called alike, and all that there are."""
    return f"{nearest(name, known)}; there are {', '.join(sorted(known))}"


def _of_dialects(kind: str, dialects: Sequence[Dialect]) -> str:
    return f"{kind} of {', '.join(dialect.name for dialect in dialects)}"
