"""A rule: a sentence that can be checked, and a pure generator of the places where it does not hold.

    @rule(Stream, cites=("ENV-08",))
    def sequence_numbers_increase(stream: StreamView) -> Iterator[Finding]:
        \"\"\"Every event carries a `sequence_number` greater than the event before it.

        A client that resumes with `starting_after` skips or repeats events otherwise.
        \"\"\"

A rule's id comes from its file and its function, `stream.sequence-numbers-increase`, and never changes. The
rule applies to every dialect in which one of its citations resolves; its level is that of the requirement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import cleandoc
from pkgutil import iter_modules
from typing import Any

from antiphon_spec.dialect import Dialect
from antiphon_spec.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where one exchange breaks one rule."""

    where: str
    """`reply.body/output/0/status`, `event[3]/sequence_number`, `reply.headers/content-type`."""
    expected: str
    got: str
    exchange: str = ""
    """The id of the exchange; the engine fills it in for rules over one exchange."""
    newer: bool = False
    """Whether the vendor may have added it after the document was written: it is noted and fails nobody."""

    @property
    def message(self) -> str:
        """One line for people: where, what is there, what is expected."""
        return f"{self.where} is {self.got}: expected {self.expected}"


EVERY = "*"
"""The scenario of a rule that judges the episodes of all scenarios."""

Check = Callable[[Any], Iterator[Finding]]
Condition = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence that can be checked. `when` says where it applies; without a subject it tests nothing."""

    id: str
    subject: type
    cites: tuple[str, ...]
    check: Check
    summary: str
    explanation: str
    scenario: str | None = None
    """For rules over an Episode: the scenario whose episodes they judge."""
    when: Condition | None = None
    needs: str | None = None
    """In words, what a target must show for this rule to apply; printed when the target did not show it."""

    def requirement(self, dialect: Dialect) -> Requirement | None:
        """The strictest cited requirement that holds in `dialect`; None when no citation resolves."""
        rows = [row for row in map(dialect.resolve, self.cites) if row is not None and row.tested]
        return min(rows, key=lambda row: row.severity.rank, default=None)

    def requirements(self, dialect: Dialect) -> tuple[Requirement, ...]:
        """Every cited requirement that holds in `dialect`."""
        return tuple(row for row in map(dialect.resolve, self.cites) if row is not None)


REGISTRY: dict[str, Rule] = {}


def rule(
    subject: type,
    *,
    cites: str | tuple[str, ...],
    scenario: str | None = None,
    when: Condition | None = None,
    needs: str | None = None,
) -> Callable[[Check], Check]:
    """Registers a generator of findings as a rule over `subject`.

    Raises ValueError when another rule has the id or when the docstring is missing.
    """

    def register(check: Check) -> Check:
        add(
            make(
                check.__module__.rpartition(".")[2],
                check.__name__,
                check.__doc__ or "",
                subject,
                check,
                cites=cites,
                scenario=scenario,
                when=when,
                needs=needs,
            )
        )
        return check

    return register


def make(
    subject_file: str,
    name: str,
    doc: str,
    subject: type,
    check: Check,
    *,
    cites: str | tuple[str, ...],
    scenario: str | None = None,
    when: Condition | None = None,
    needs: str | None = None,
) -> Rule:
    """Builds a rule from its parts, for tables of similar rules, where a decorator does not fit."""
    summary, _, explanation = cleandoc(doc).partition("\n")
    if not summary:
        raise ValueError(
            f"rule {subject_file}.{name} has no docstring: its first line is the sentence it checks"
        )
    return Rule(
        id=f"{subject_file}.{name}".replace("_", "-"),
        subject=subject,
        cites=(cites,) if isinstance(cites, str) else tuple(cites),
        check=check,
        summary=summary.strip(),
        explanation=explanation.strip(),
        scenario=scenario,
        when=when,
        needs=needs,
    )


def add(entry: Rule) -> None:
    """Puts a rule into the registry. Raises ValueError when another rule has its id."""
    if entry.id in REGISTRY:
        raise ValueError(f"two rules have the id {entry.id}")
    REGISTRY[entry.id] = entry


def all_rules() -> Mapping[str, Rule]:
    """Every rule by id, in order. Imports each file of `rules/` once."""
    package = import_module("antiphon_conformance.rules")
    for module in iter_modules(package.__path__):
        import_module(f"antiphon_conformance.rules.{module.name}")
    return dict(sorted(REGISTRY.items()))


def holds(cites: tuple[str, ...], dialect: Dialect) -> bool:
    """Whether a rule with these citations applies in a dialect."""
    return any(row is not None and row.tested for row in map(dialect.resolve, cites))


def rules_for(dialect: Dialect) -> Mapping[str, Rule]:
    """The rules that have a citation which resolves in `dialect`, by id."""
    return {key: entry for key, entry in all_rules().items() if entry.requirement(dialect)}
