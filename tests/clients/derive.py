"""Finds out which faults break which features of a client, by driving it against the mock with each mutant.

A fault breaks a feature when the task of that feature ends differently with a mutant that has the fault than
with the right server, and when no mutant with the same fault leaves the task as it is. A fault is a rule with
what it reports and where (`response/output absent`), as the judge sees the mutant. A mutant whose fault shows
in far fewer exchanges says nothing about the task, because it may never have met it; nor does one with many
faults, because any of them may have done it.
`python tests/clients/derive.py [PACKAGE/REGISTRY...]` writes the rows of these clients, or of all, into
spec/antiphon_spec/clients/clients.yaml; `--check` repeats the listed runs and prints what changed, and
`--mutants ID...` derives only what the rules of these mutants tell, with all mutants of these rules.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from antiphon_conformance.report.answers import GENERAL, NEEDS, SHOWN
from antiphon_conformance.report.families import COMPARISONS, ECHOES, NO_EFFECT, fault, sight
from antiphon_conformance.report.features import TOPICS
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Record
from antiphon_conformance.verdict.result import judge
from antiphon_mockserver import ResponsesMock
from antiphon_mockserver.mutants import all_mutants
from antiphon_spec.clients import CLIENTS, Client, load_clients
from antiphon_spec.dialect import load
from antiphon_spec.profile import load_profile
from antiphon_spec.requirement import Kind

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from drivers import AT_A_TIME, Apart, Node, Results, in_process  # noqa: E402 - modules of the tests

from inprocess import run_suite  # noqa: E402

HEAD = "# Written by tests/clients/derive.py: which faults break which features of a client.\n"
HOW = "driven against the mock with every mutant by tests/clients/derive.py; `breaks` says where it broke"
FEWER = 2
"""A harmless mutant counts against a harmful one when its fault shows at least half as often."""
SUSPECTS = 2
"""A mutant with more faults that might have done it tells nothing: the client broke at one of them."""
Wire = tuple[str, str]
"""A rule, and the fault that it tells."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A client that we can run here."""

    name: str
    package: str
    registry: str
    dialects: tuple[str, ...]
    drive: Callable[[Sequence[str]], Results]
    version: Callable[[], str]
    world: str | None = None
    topics: frozenset[str] = frozenset()
    """The topics of the rules whose mutants are driven; empty means all."""
    is_here: Callable[[], bool] = lambda: True
    """Whether it is installed where `ANTIPHON_CLIENTS` says."""


NODE = Node()
LANGCHAIN = Apart("langchain", "langchain_chat.py", "langchain-openai")
AI_SDK = Apart("ai-sdk", "ai_sdk_chat.mjs", "@ai-sdk/openai")
CHATS = TOPICS["chat_completions"]
RESPONSES = ("openai", "openresponses")
SUBJECTS = (
    Subject(
        "OpenAI SDK for Python",
        "openai",
        "PyPI",
        RESPONSES,
        in_process("openai_python"),
        lambda: version("openai"),
    ),
    Subject("OpenAI SDK for JavaScript", "openai", "npm", RESPONSES, NODE.drive, NODE.version),
    Subject(
        "Cloudglue SDK for Python",
        "cloudglue",
        "PyPI",
        ("cloudglue",),
        in_process("cloudglue_python"),
        lambda: version("cloudglue"),
        "cooking",
    ),
    Subject(
        "LangChain",
        "langchain-openai",
        "PyPI",
        ("openai",),
        LANGCHAIN.drive,
        LANGCHAIN.version,
        topics=CHATS,
        is_here=LANGCHAIN.is_here,
    ),
    Subject(
        "AI SDK",
        "@ai-sdk/openai",
        "npm",
        ("openai",),
        AI_SDK.drive,
        AI_SDK.version,
        topics=CHATS,
        is_here=AI_SDK.is_here,
    ),
)


def results(subject: Subject, dialect: str, mutants: Sequence[str | None]) -> Iterator[Mapping[str, Any]]:
    """The results of the client's tasks with each of these mutants; None is the right server."""
    for start in range(0, len(mutants), AT_A_TIME):
        with ExitStack() as running:
            options: dict[str, Any] = {"dialect": dialect} | (
                {"world": subject.world} if subject.world else {}
            )
            mocks = (
                ResponsesMock(**options, mutants=[mutant] if mutant else [])
                for mutant in mutants[start : start + AT_A_TIME]
            )
            yield from subject.drive([running.enter_context(mock).url for mock in mocks])


def breaks(subject: Subject, dialect: str, mutants: Sequence[str]) -> dict[str, dict[str, str]]:
    """Mutant -> the features that broke, and how; a busy machine breaks one once, a mutant twice alike."""
    first = _breaks(subject, dialect, mutants)
    suspects = [mutant for mutant, hits in first.items() if hits]
    again = _breaks(subject, dialect, suspects) if suspects else {}
    return {
        mutant: {name: how for name, how in hits.items() if again[mutant].get(name) == how}
        for mutant, hits in first.items()
    }


def _breaks(subject: Subject, dialect: str, mutants: Sequence[str]) -> dict[str, dict[str, str]]:
    right, *results_of_mutants = results(subject, dialect, [None, *mutants])
    features = working(right)
    return {
        mutant: {name: _how(result[name]) for name in features if result[name] != right[name]}
        for mutant, result in zip(mutants, results_of_mutants, strict=True)
    }


def working(right: Mapping[str, Any]) -> list[str]:
    """The features whose tasks end well with the right server."""
    return [name for name, result in right.items() if not _raises(result)]


def _raises(result: Any) -> bool:
    return isinstance(result, str) and result.startswith("raises")


def _how(result: Any) -> str:
    return str(result) if _raises(result) else "gets something else"


def candidates(dialect: str, topics: frozenset[str] = frozenset()) -> dict[str, tuple[str, ...]]:
    """Mutant -> the rules that it names and the default profile judges in this dialect, of all `topics` or of
    these.

    Mutants that name no such rule are traits of the vendor: a client broke at such a mutant only because the
    mock server then rejects the id that it gave (the prefix of a response's id, one id for both).
    """
    catalogue = rules_for(load(dialect), load_profile())
    named = {
        key: tuple(rule for rule in entry.caught_by if rule in catalogue)
        for key, entry in all_mutants().items()
    }
    return {
        key: rules
        for key, rules in named.items()
        if rules and (not topics or any(rule.partition(".")[0] in topics for rule in rules))
    }


@cache
def faults(dialect: str, mutant: str, rules: tuple[str, ...]) -> Counter[Wire]:
    """The faults of a mutant as the judge sees them, by the rules that it names."""
    return wires(judge([run_suite(dialect, mutant, properties=False)]).records, rules)


def wires(records: Iterable[Record], rules: Sequence[str]) -> Counter[Wire]:
    """The faults that these rules tell, with the number of exchanges in which they show.

    Of a missing effect only the first rule counts: the others see what follows from it.
    """
    places = {
        (record.rule, fault(sight(record, finding)), finding.exchange)
        for record in records
        if record.rule in (rules[:1] if record.kind is Kind.CONTRACT else rules) and record.outcome in SHOWN
        for finding in record.findings
    }
    return Counter((rule, what) for rule, what, _ in places)


def derive(subject: Subject) -> dict[str, Any]:
    """The row of a client."""
    features: dict[str, list[str]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for dialect in subject.dialects:
        rules = candidates(dialect, subject.topics)
        features[dialect] = working(next(iter(results(subject, dialect, [None]))))
        outcomes = breaks(subject, dialect, sorted(rules))
        suspected = {rule for mutant, hits in outcomes.items() if hits for rule in rules[mutant]}
        wires_by_mutant = {
            mutant: faults(dialect, mutant, rules[mutant])
            if suspected.intersection(rules[mutant])
            else Counter()
            for mutant in outcomes
        }
        rows[dialect] = claims(features[dialect], outcomes, wires_by_mutant)
    return {
        "name": subject.name,
        "package": subject.package,
        "registry": subject.registry,
        "version": subject.version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "how": HOW.replace("every mutant", "every mutant of its topics") if subject.topics else HOW,
        "features": features,
        "breaks": rows,
    }


def with_mutants(row: dict[str, Any], subject: Subject, mutants: Sequence[str]) -> dict[str, Any]:
    """The row of a client in which the rules of these mutants are derived anew, from all mutants of each."""
    for dialect in subject.dialects:
        by_mutant = candidates(dialect, subject.topics)
        own = {rule for mutant in mutants for rule in by_mutant.get(mutant, ())}
        kin = sorted(mutant for mutant, rules in by_mutant.items() if own.intersection(rules))
        outcomes = breaks(subject, dialect, kin) if kin else {}
        anew = claims(
            row["features"][dialect], outcomes, {key: faults(dialect, key, by_mutant[key]) for key in kin}
        )
        by_feature = row["breaks"][dialect]
        for feature in row["features"][dialect]:
            old = {rule: what for rule, what in by_feature.get(feature, {}).items() if rule not in own}
            new = {rule: what for rule, what in anew.get(feature, {}).items() if rule in own}
            if old or new:
                by_feature[feature] = dict(sorted({**old, **new}.items()))
    return row


def claims(
    features: Sequence[str],
    outcomes: Mapping[str, Mapping[str, str]],
    wires_by_mutant: Mapping[str, Counter[Wire]],
) -> dict[str, Any]:
    """Feature -> rule -> fault -> mutant -> how: the faults that never left the feature as it was."""
    rows: dict[str, Any] = {}
    for feature in features:
        harmless: Counter[Wire] = Counter()
        for mutant in (name for name, hits in outcomes.items() if feature not in hits):
            harmless |= wires_by_mutant[mutant]
        for mutant in (name for name, hits in sorted(outcomes.items()) if feature in hits):
            counts = wires_by_mutant[mutant]
            suspects = sorted(
                wire
                for wire in counts
                if harmless[wire] * FEWER < counts[wire]
                and _can_break(feature, *wire, outcomes[mutant][feature])
            )
            kinds = {(rule, what.partition(" in ")[0]) for rule, what in suspects}
            for rule, what in suspects if len(kinds) <= SUSPECTS else ():
                by_rule = rows.setdefault(feature, {}).setdefault(rule, {})
                by_rule.setdefault(what, {})[mutant] = outcomes[mutant][feature]
    return {feature: dict(sorted(rows[feature].items())) for feature in features if feature in rows}


def _can_break(feature: str, rule: str, what: str, how: str) -> bool:
    """Whether a fault can be why a feature broke: an echo or a comparison only tells of a deeper fault.

    A different text is no breakage of a feature that has nothing to do with the effect: the model answers in
    other words when it reads something else.
    """
    if not what.startswith(NO_EFFECT):
        return True
    topic = rule.partition(".")[0]
    about = topic in TOPICS.get(NEEDS.get(feature, ""), frozenset()) and feature not in GENERAL
    is_deep = topic not in ECHOES and not rule.startswith(COMPARISONS)
    return is_deep and (how.startswith("raises") or about)


def unconfirmed(client: Client, subject: Subject, most: int | None = None) -> list[str]:
    """What is listed for a client and no longer breaks it; `most` mutants of each dialect are driven."""
    stale: list[str] = []
    for dialect, features in client.breaks.items():
        listed = {
            (feature, mutant)
            for feature, rules in features.items()
            for what in rules.values()
            for mutants in what.values()
            for mutant in mutants
        }
        names = sorted({mutant for _, mutant in listed})[:most]
        hits = _breaks(subject, dialect, names)
        stale += [
            f"{dialect}: {mutant} at {feature}"
            for feature, mutant in sorted(listed)
            if mutant in hits and feature not in hits[mutant]
        ]
    return stale


def main(arguments: Sequence[str]) -> int:
    """Writes the file, or checks it."""
    if "--check" in arguments:
        by_name = {subject.name: subject for subject in SUBJECTS}
        stale = [
            f"{client.name}: {line}"
            for client in load_clients()
            if by_name[client.name].is_here()
            for line in unconfirmed(client, by_name[client.name])
        ]
        print("\n".join(stale) or "every client breaks where the file says")
        return int(bool(stale))
    mutants = arguments[arguments.index("--mutants") + 1 :] if "--mutants" in arguments else []
    names = arguments[: len(arguments) - len(mutants) - 1] if mutants else arguments
    subjects = [
        subject
        for subject in SUBJECTS
        if (not names or f"{subject.package}/{subject.registry}" in names)
        and (subject.is_here() or not mutants)
    ]
    rows_by_name = {
        row["name"]: row for row in (yaml.safe_load(CLIENTS.read_text()) if CLIENTS.exists() else [])
    }
    for subject in subjects:
        row = rows_by_name.get(subject.name)
        rows_by_name[subject.name] = (
            with_mutants(row, subject, mutants) if mutants and row else derive(subject)
        )
        rows = [rows_by_name[subject.name] for subject in SUBJECTS if subject.name in rows_by_name]
        CLIENTS.write_text(HEAD + yaml.safe_dump(rows, sort_keys=False, width=110), encoding="utf-8")
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # clients warn of values that they did not expect
    sys.exit(main(sys.argv[1:]))
