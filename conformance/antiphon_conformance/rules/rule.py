"""A rule: a sentence that can be checked, and a pure generator of the places where it does not hold.

    @rule(Stream, cites=("ENV-08",))
    def sequence_numbers_increase(stream: StreamView) -> Iterator[Finding]:
        \"\"\"Every event carries a `sequence_number` greater than the event before it.

        A client that resumes with `starting_after` skips or repeats events otherwise.
        \"\"\"

A rule's id comes from its file and its function, `stream.sequence-numbers-increase`, and never changes. The
rule applies to every dialect in which one of its citations resolves; a profile says what its breach weighs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.discovery import import_all, import_extensions
from antiphon_spec.profile import Profile, Weight, load_profile
from antiphon_spec.requirement import Requirement

REQUIRED = ("a value", "a value, for it is required", "a value (required)")
"""The `expected` of a finding about a missing member that says no more than that it is required."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where one exchange breaks one rule."""

    where: str
    """`reply.body/output/0/status`, `event[3]/sequence_number`, `reply.headers/content-type`."""
    expected: str
    actual: str
    exchange: str = ""
    """The id of the exchange; the engine fills it in for rules over one exchange."""
    newer: bool = False
    """Whether the vendor may have added it after the document was written: it is noted and fails nobody."""
    by_model: bool = False
    """Whether the model may be to blame, and not the server; the engine fills it in from the requirement."""

    @property
    def message(self) -> str:
        """One line for people: where, what is there, what is expected, and who may be to blame."""
        remarks = (
            "; it may be newer than our document" if self.newer else "",
            "; the model may be to blame, not the server" if self.by_model else "",
        )
        return "".join((self._statement, *remarks))

    @property
    def _statement(self) -> str:
        if self.actual != str(ABSENT):
            return f"{self.where} is {self.actual}: expected {self.expected}"
        if self.expected in REQUIRED:
            return f"{self.where} is missing (required)"
        return f"{self.where} is missing: expected {self.expected}"


EVERY = "*"
"""The scenario of a rule that judges the traces of all scenarios."""

REJECTION = frozenset({Part.REQUEST, Part.REQUEST_HEADERS, Part.STATUS, Part.TEXTS, Part.IDS})
"""What a rule reads that says how a server rejects a wrong request."""

Check = Callable[[Any], Iterator[Finding]]
Condition = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence that can be checked. `when` says where it applies; without a subject it tests nothing."""

    id: str
    view: type
    cites: tuple[str, ...]
    check: Check
    summary: str
    explanation: str
    scenario: str | None = None
    """For rules over a ScenarioTrace: the scenario whose traces they judge."""
    when: Condition | None = None
    needs: str | None = None
    """In words, what a target must show for this rule to apply; printed when the target did not show it."""
    reads: frozenset[Part] = frozenset()
    """The parts of an exchange without which the rule proves nothing: recorders lose or change some."""
    scope: Condition | None = None
    """What `when` implies, and the rules of a table share: the engine asks it once about a view, and then
    these rules only where it holds."""
    quiet: Condition | None = None
    """Whether a view has nothing that the rules of a table could report: the engine asks once about a view,
    and where it holds, each of these rules that applies passes without a check."""

    def requirement(self, dialect: Dialect, profile: Profile | None = None) -> Requirement | None:
        """The cited requirement of `dialect` whose breach weighs most in a profile (default: compatible).

        None when no citation resolves.
        """
        rows = [row for row in map(dialect.resolve, self.cites) if row is not None and row.tested]
        return (profile or load_profile()).heaviest(rows)

    def weight(self, dialect: Dialect, profile: Profile | None = None) -> Weight:
        """What a breach of this rule weighs in a profile (default: compatible)."""
        profile = profile or load_profile()
        row = self.requirement(dialect, profile)
        return Weight.OFF if row is None else profile.weigh(row)

    def requirements(self, dialect: Dialect) -> tuple[Requirement, ...]:
        """Every cited requirement that holds in `dialect`."""
        return tuple(row for row in map(dialect.resolve, self.cites) if row is not None)


ROOMS = (
    "antiphon_conformance.rules",
    "antiphon_conformance.video_library.rules",
    "antiphon_conformance.prompt_templates.rules",
)
"""The packages whose modules register rules."""
EXTENSIONS = "antiphon.rules"
"""The group of entry points that name modules of others with rules."""

REGISTRY: dict[str, Rule] = {}


def rule(
    name: str,
    view: type,
    *,
    cites: str | tuple[str, ...],
    scenario: str | None = None,
    when: Condition | None = None,
    needs: str | None = None,
    reads: Iterable[Part] = (),
) -> Callable[[Check], Check]:
    """Registers a generator of findings as the rule `name`; it judges each `view` of an exchange.

    The first line of its docstring is the sentence that it checks.
    Raises ValueError when the id exists already or the docstring is missing.
    """

    def register(check: Check) -> Check:
        doc = check.__doc__ or ""
        add(make(name, doc, view, check, cites=cites, scenario=scenario, when=when, needs=needs, reads=reads))
        return check

    return register


def make(
    name: str,
    doc: str,
    view: type,
    check: Check,
    *,
    cites: str | tuple[str, ...],
    scenario: str | None = None,
    when: Condition | None = None,
    needs: str | None = None,
    reads: Iterable[Part] = (),
    scope: Condition | None = None,
    quiet: Condition | None = None,
) -> Rule:
    """Builds a rule from its parts, for tables of rules of one kind, where the decorator cannot stand."""
    summary, _, explanation = cleandoc(doc).partition("\n")
    if not summary:
        raise ValueError(f"rule {name} has no docstring: its first line is the sentence that it checks")
    return Rule(
        id=name,
        view=view,
        cites=(cites,) if isinstance(cites, str) else tuple(cites),
        check=check,
        summary=summary.strip(),
        explanation=explanation.strip(),
        scenario=scenario,
        when=when,
        needs=needs,
        reads=frozenset(reads),
        scope=scope,
        quiet=quiet,
    )


def rule_id(topic: str, name: str) -> str:
    """The id of a rule of a table: `rule_id("response-members", "error_is_null")`."""
    return f"{topic}.{name}".replace("_", "-")


def add(entry: Rule) -> None:
    """Puts a rule into the registry. Raises ValueError when another rule has its id."""
    if entry.id in REGISTRY:
        raise ValueError(f"two rules have the id {entry.id}")
    REGISTRY[entry.id] = entry


def all_rules() -> Mapping[str, Rule]:
    """Every rule by id, in order. Imports each module with rules once, ours and those of others.

    Raises ExtensionError when a module of others is broken.
    """
    _import_all()
    return dict(sorted(REGISTRY.items()))


def find_rule(identity: str) -> Rule | None:
    """The rule of this id; None when there is none. Raises ExtensionError like `all_rules`."""
    _import_all()
    return REGISTRY.get(identity)


def _import_all() -> None:
    import_all(ROOMS)
    import_extensions(EXTENSIONS)


def holds(cites: tuple[str, ...], dialect: Dialect) -> bool:
    """Whether a rule with these citations applies in a dialect."""
    return any(row is not None and row.tested for row in map(dialect.resolve, cites))


def rules_for(dialect: Dialect, profile: Profile | None = None) -> Mapping[str, Rule]:
    """The rules with a citation that resolves in `dialect`, by id, without those that `profile` has off."""
    rules = {key: entry for key, entry in all_rules().items() if holds(entry.cites, dialect)}
    if profile is None:
        return rules
    return {key: entry for key, entry in rules.items() if entry.weight(dialect, profile) is not Weight.OFF}
