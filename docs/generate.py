"""Writes the generated pages of this folder; with `--check` it only says which of them are out of date.

Page                       Table
wild-bugs.md               tests/wild_bugs.yaml
requirements-DIALECT.md    the requirement rows of a dialect, and the rules that cite them
streams-DIALECT.md         the lanes of a dialect's stream.yaml
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from antiphon_conformance.rules.rule import rules_for
from antiphon_spec.dialect import Dialect, load, names
from antiphon_spec.profile import Profile, Weight, load_profile, profile_names
from antiphon_spec.requirement import AUTHORITY, Kind, Requirement, count

DOCS = Path(__file__).parent
WILD_BUGS = DOCS.parent / "tests" / "wild_bugs.yaml"
DEFAULT_DIALECT = "openresponses"
PROFILES_PAGE = "profiles.md"
BEGIN, END = "<!-- weights: written by docs/generate.py -->", "<!-- end of weights -->"
Bug = Mapping[str, Any]

INTRODUCTION = """\
# Bugs of real servers

Users reported these bugs in public against servers, gateways and proxies that offer the Responses API. For
each bug the mock server has a *mutant*, which has the same bug on purpose, and a test ensures that the rules
named here catch it. Use the mutants to see whether your client survives such servers:

    antiphon serve --mutant events.never-ends

or whether your own checks catch the bug:

    antiphon check http://127.0.0.1:4010/v1

`antiphon explain RULE` explains a rule.
"""

STREAMS = """\
Each object of a stream has a lane of its own, identified by its index members, so the events of several
objects may interleave. The mock server follows these tables to emit events, and the judge to check them.
"""


def main(arguments: list[str]) -> int:
    """Writes the pages; with `--check` only prints which of them are out of date."""
    texts = pages()
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is out of date: run python docs/generate.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(texts[path], "utf-8")
    return 0


def pages() -> dict[Path, str]:
    """The text of every generated page, by path."""
    texts = {DOCS / "wild-bugs.md": wild_bugs(yaml.safe_load(WILD_BUGS.read_text("utf-8")))}
    for dialect in map(load, names()):
        texts[DOCS / f"requirements-{dialect.name}.md"] = requirements(dialect)
        texts[DOCS / f"streams-{dialect.name}.md"] = streams(dialect)
    page = (DOCS / PROFILES_PAGE).read_text("utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    texts[DOCS / PROFILES_PAGE] = f"{before}{BEGIN}\n{weights()}\n{END}{after}"
    return texts


def weights() -> str:
    """A table with what each profile that ships makes of each kind and authority."""
    profiles = [load_profile(name) for name in profile_names()]
    return table(
        ("Profile", "Kind", "Fails on", "Warns on", "Notes", "Does not judge"),
        (
            (f"`{profile.name}`", f"`{kind}`", *_by_weight(profile, kind))
            for profile in profiles
            for kind in Kind
        ),
    )


def _by_weight(profile: Profile, kind: Kind) -> list[str]:
    """The authorities of each weight, the heaviest weight first."""
    columns = {
        weight: [name for name in AUTHORITY if profile.weight(kind, name) is weight] for weight in Weight
    }
    return ["all" if len(names) == len(AUTHORITY) else ", ".join(names) for names in columns.values()]


def requirements(dialect: Dialect) -> str:
    """The page with the requirements of a dialect."""
    citing: dict[str, list[str]] = {}
    for key, rule in rules_for(dialect).items():
        for row in rule.requirements(dialect):
            citing.setdefault(row.id, []).append(key)
    rows = dialect.requirements.values()
    body = table(
        ("Requirement", "Authority", "Kind", "Sentence and source", "Checked by"),
        (
            (row.id, row.authority, row.kind.value, f"{row.text}<br>*{row.source}*", checked(row, citing))
            for row in rows
        ),
    )
    counts = ", ".join(f"{number} {state}" for state, number in dialect.counts.items())
    title = f"# {dialect.title} ({dialect.release}): requirements"
    return f"{title}\n\n{counts}.\n\n{authorities(rows)}\n\n{kinds(rows)}\n\n{body}\n"


def authorities(rows: Collection[Requirement]) -> str:
    """A table with the number of requirements of each authority."""
    by_authority = {name: [row for row in rows if row.authority == name] for name in AUTHORITY}
    return table(
        ("Authority", "Because", *map(str.title, count(()))),
        (
            (name, AUTHORITY[name], *map(str, count(members).values()))
            for name, members in by_authority.items()
            if members
        ),
    )


def kinds(rows: Collection[Requirement]) -> str:
    """A table with the number of requirements of each kind; docs/profiles.md says what a kind weighs."""
    by_kind = {kind: [row for row in rows if row.kind is kind] for kind in Kind}
    return table(
        ("[Kind](profiles.md)", *map(str.title, count(()))),
        ((kind.value, *map(str, count(members).values())) for kind, members in by_kind.items()),
    )


def checked(row: Requirement, citing: Mapping[str, list[str]]) -> str:
    """The rules that check a requirement, or the reason why no rule does."""
    if row.excluded:
        return f"excluded: {row.excluded}"
    return f"planned: {row.planned}" if row.planned else codes(citing.get(row.id, ()))


def streams(dialect: Dialect) -> str:
    """The page with the streams of a dialect: a diagram of each lane."""
    diagrams = (
        f"## {lane.title}\n\n```mermaid\n{dialect.grammar.mermaid(name)}\n```"
        for name, lane in dialect.grammar.lanes.items()
    )
    return f"# {dialect.title} ({dialect.release}): streams\n\n{STREAMS}\n" + "\n\n".join(diagrams) + "\n"


def wild_bugs(bugs: list[Bug]) -> str:
    """The page with the bugs of real servers."""
    hits = [bug for bug in bugs if "mutants" in bug]
    misses = [bug for bug in bugs if "mutants" not in bug]
    hit_table = table(
        ("Bug", "What servers do", "Rules that catch it", "How to reproduce it"),
        ((origin(bug), bug["symptom"], codes(bug["rules"]), codes(commands(bug))) for bug in hits),
    )
    miss_table = table(
        ("Bug", "What servers do", "Why no rule catches it"),
        ((origin(bug), bug["symptom"], bug["not_detected"]) for bug in misses),
    )
    return f"{INTRODUCTION}\n{share(bugs)}\n\n## Caught\n\n{hit_table}\n\n## Not caught\n\n{miss_table}\n"


def share(bugs: list[Bug]) -> str:
    """A sentence with the share of bugs that rules catch."""
    breaches = [bug for bug in bugs if "scope" not in bug]
    hits = sum("mutants" in bug for bug in breaches)
    return (
        f"Of {len(breaches)} bugs that breach the API, rules catch {hits} ({hits / len(breaches):.0%}). "
        f"{len(bugs) - len(breaches)} more bugs concern HTTP in general, or behaviour that no norm defines."
    )


def origin(bug: Bug) -> str:
    """The bug's id, a link to its project, and its scope."""
    note = f", {bug['scope']}" if "scope" in bug else ""
    return f"{bug['id']} [{bug['project']}]({bug['link']}){note}"


def commands(bug: Bug) -> list[str]:
    """The commands that start a server with the bug."""
    dialect = bug.get("dialect", DEFAULT_DIALECT)
    option = "" if dialect == DEFAULT_DIALECT else f"--dialect {dialect} "
    return [f"antiphon serve {option}--mutant {mutant}" for mutant in bug["mutants"]]


def codes(texts: Iterable[str]) -> str:
    """Several texts as code, one below the other."""
    return "<br>".join(f"`{text}`" for text in texts)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
