"""`antiphon rules` and `antiphon explain`: each rule, its reason, and the sentence of the norm behind it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from antiphon.commands.parameters import Choice
from antiphon.commands.profile_option import find_profile, profile_option
from antiphon_conformance.rules.rule import Rule, all_rules, rules_for
from antiphon_mockserver.mutants import Mutant, all_mutants
from antiphon_spec.data import nearest
from antiphon_spec.dialect import Dialect, load, names
from antiphon_spec.profile import Profile
from antiphon_spec.renamed import current_mutant, current_rule
from antiphon_spec.requirement import AUTHORITY, Requirement


@click.command()
@click.option("--dialect", type=Choice(names()), help="List only the rules of this dialect.")
@profile_option
@click.option(
    "--format",
    "form",
    type=Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="The format of the output.",
)
def rules(dialect: str | None, profile: str, form: str) -> None:
    """List the rules with id, weight, kind, authority, summary, and the requirements that they cite."""
    weights = find_profile(profile)
    rows = [row for name in ([dialect] if dialect else names()) for row in _rows(load(name), weights)]
    writers = {"text": _text, "json": _json, "markdown": _markdown}
    click.echo("\n".join(writers[form](rows)))


def _rows(dialect: Dialect, profile: Profile) -> Iterator[dict[str, Any]]:
    for key, rule in rules_for(dialect).items():
        yield {
            "dialect": dialect.name,
            "rule": key,
            **_weighing(rule, dialect, profile),
            "summary": rule.summary,
            "requirements": [row.id for row in rule.requirements(dialect)],
        }


def _weighing(rule: Rule, dialect: Dialect, profile: Profile) -> dict[str, str]:
    """What a breach weighs, with the kind and authority of the requirement that weighs most."""
    row = rule.requirement(dialect, profile)
    kind, authority = (row.kind.value, row.authority) if row else ("", "")
    return {"weight": rule.weight(dialect, profile).value, "kind": kind, "authority": authority}


def _text(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    count: Counter[str] = Counter()
    for row in rows:
        if not count[row["dialect"]]:
            yield f"\n{row['dialect']}"
        count[row["dialect"]] += 1
        yield (
            f"  {row['rule']:<55} {row['weight']:<5} {row['kind']:<11} {row['authority']:<8} "
            f"{row['summary']}  [{', '.join(row['requirements'])}]"
        )
    yield ""
    yield ", ".join(f"{name}: {number} rules" for name, number in count.items())


def _json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield json.dumps(list(rows), indent=2)


def _markdown(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield "| dialect | rule | a breach | kind | authority | checks that | requirements |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        sentence = row["summary"].replace("|", r"\|")
        citations = ", ".join(row["requirements"])
        weighing = f"{row['weight']} | {row['kind']} | {row['authority']}"
        yield f"| {row['dialect']} | `{row['rule']}` | {weighing} | {sentence} | {citations} |"


@click.command()
@click.argument("name", metavar="RULE-OR-REQUIREMENT-OR-MUTANT")
def explain(name: str) -> None:
    """Explain a rule (`usage.total-is-the-sum`), a requirement (`ENV-08`), or a mutant of the mock server
    (`events.repeats-a-sequence-number`)."""
    click.echo("\n".join(_explanation(name)))


def _explanation(name: str) -> Iterator[str]:
    rule, mutant = all_rules().get(current_rule(name)), all_mutants().get(current_mutant(name))
    entry = rule or mutant
    if entry is not None and entry.id != name:
        yield f"{name} was renamed to {entry.id}."
    if rule is not None:
        yield from _explain_rule(rule)
    elif mutant is not None:
        yield from _explain_mutant(mutant)
    else:
        yield from _explain_requirement(name)


def _explain_rule(rule: Rule) -> Iterator[str]:
    yield click.style(rule.id, bold=True)
    yield rule.summary
    if rule.explanation:
        yield f"\n{rule.explanation}"
    if rule.scenario:
        yield f"\nJudged in the scenario `{rule.scenario}`."
    if rule.needs:
        yield f"\nNeeds to see: {rule.needs}."
    holders: dict[str, list[str]] = {}
    for name in names():
        for row in rule.requirements(load(name)):
            holders.setdefault(_sentence(row), []).append(name)
    for sentence, dialects in holders.items():
        yield f"\n{', '.join(dialects)}: {sentence}"


def _explain_mutant(mutant: Mutant) -> Iterator[str]:
    yield click.style(mutant.id, bold=True)
    yield mutant.summary
    rules_by_id = all_rules()
    for identity in mutant.caught_by:
        yield f"  caught by {identity}: {rules_by_id[identity].summary}"
    yield f"\nSee it:  antiphon serve --mutant {mutant.id}"


def _explain_requirement(key: str) -> Iterator[str]:
    holders = {name: row for name in names() if (row := load(name).requirements.get(key)) is not None}
    if not holders:
        known = (*all_rules(), *all_mutants(), *(row for name in names() for row in load(name).requirements))
        raise click.UsageError(f"no rule, requirement or mutant is called {nearest(key, known)}")
    row = next(iter(holders.values()))
    yield click.style(_sentence(row), bold=True)
    yield f"Holds in: {', '.join(holders)}"
    if row.excluded:
        yield f"Not tested: {row.excluded}"
    if row.planned:
        yield f"Planned: {row.planned}"
    rules = [rule for rule in all_rules().values() if key in rule.cites]
    yield from (f"  checked by {rule.id}: {rule.summary}" for rule in rules)


def _sentence(row: Requirement) -> str:
    why = f"{row.kind}, {row.authority}: {AUTHORITY[row.authority]}"
    return f"{row.id} ({why}) {row.text}\n    Source: {row.source}"
