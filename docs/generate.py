"""Writes the pages of this folder that follow from tables; with `--check` it only looks whether they do.

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

from antiphon_conformance.rule import rules_for
from antiphon_spec.dialect import Dialect, load, names
from antiphon_spec.requirement import AUTHORITY, SEVERITY, Requirement, Severity, count

DOCS = Path(__file__).parent
WILD_BUGS = DOCS.parent / "tests" / "wild_bugs.yaml"
DEFAULT_DIALECT = "openresponses"
WEIGHT = {Severity.MUST: "fails", Severity.SHOULD: "warns", Severity.MAY: "informs"}
Bug = Mapping[str, Any]

INTRODUCTION = """\
# Bugs of real servers

These bugs were reported in public against servers, gateways and proxies that offer the Responses API. For
each, the mock server has a *mutant*, which makes the same mistake on purpose; a test holds that the rules
named here notice it. Use them to see whether your own client survives what servers do:

    antiphon serve --mutant events.never-ends

or whether your own checks notice it:

    antiphon check http://127.0.0.1:4010/v1

`antiphon explain RULE` tells more about a rule.
"""

STREAMS = """\
Each object of a stream walks a lane of its own, told apart by its index members, so that objects may
interleave. The mock server walks these tables to speak, the judge walks them to check.
"""


def main(arguments: list[str]) -> int:
    """Writes the pages; with `--check` says which of them are out of date instead."""
    found = pages()
    stale = [path for path, text in found.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is out of date: run python docs/generate.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(found[path], "utf-8")
    return 0


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    found = {DOCS / "wild-bugs.md": wild_bugs(yaml.safe_load(WILD_BUGS.read_text("utf-8")))}
    for dialect in map(load, names()):
        found[DOCS / f"requirements-{dialect.name}.md"] = requirements(dialect)
        found[DOCS / f"streams-{dialect.name}.md"] = streams(dialect)
    return found


def requirements(dialect: Dialect) -> str:
    """The page about the requirements of a dialect."""
    citing: dict[str, list[str]] = {}
    for key, rule in rules_for(dialect).items():
        for row in rule.requirements(dialect):
            citing.setdefault(row.id, []).append(key)
    rows = dialect.requirements.values()
    told = table(
        ("Requirement", "Level", "Sentence and source", "Checked by"),
        ((row.id, row.level, f"{row.text}<br>*{row.source}*", checked(row, citing)) for row in rows),
    )
    counts = ", ".join(f"{number} {state}" for state, number in dialect.counts.items())
    title = f"# {dialect.title} ({dialect.release}): requirements"
    return f"{title}\n\n{counts}.\n\n{levels(rows)}\n\n{told}\n"


def levels(rows: Collection[Requirement]) -> str:
    """How many requirements there are of each level, and what the level says."""
    by_level = {level: [row for row in rows if row.level == level] for level in SEVERITY}
    return table(
        ("Level", "Because", "A breach", *map(str.title, count(()))),
        (
            (level, AUTHORITY[level], WEIGHT[severity], *map(str, count(by_level[level]).values()))
            for level, severity in SEVERITY.items()
            if by_level[level]
        ),
    )


def checked(row: Requirement, citing: Mapping[str, list[str]]) -> str:
    """The rules that check a requirement, or why none does."""
    if row.excluded:
        return f"excluded: {row.excluded}"
    return f"planned: {row.planned}" if row.planned else codes(citing.get(row.id, ()))


def streams(dialect: Dialect) -> str:
    """The page about the streams of a dialect: the lanes, each drawn from its table."""
    drawn = (
        f"## {lane.title}\n\n```mermaid\n{dialect.grammar.mermaid(name)}\n```"
        for name, lane in dialect.grammar.lanes.items()
    )
    return f"# {dialect.title} ({dialect.release}): streams\n\n{STREAMS}\n" + "\n\n".join(drawn) + "\n"


def wild_bugs(bugs: list[Bug]) -> str:
    """The page about bugs of real servers."""
    noticed = [bug for bug in bugs if "mutants" in bug]
    missed = [bug for bug in bugs if "mutants" not in bug]
    told = table(
        ("Bug", "What servers do", "Rules that notice", "To reproduce it"),
        ((origin(bug), bug["symptom"], codes(bug["rules"]), codes(commands(bug))) for bug in noticed),
    )
    not_told = table(
        ("Bug", "What servers do", "Why no rule notices"),
        ((origin(bug), bug["symptom"], bug["not_detected"]) for bug in missed),
    )
    return f"{INTRODUCTION}\n{share(bugs)}\n\n## Noticed\n\n{told}\n\n## Not noticed\n\n{not_told}\n"


def share(bugs: list[Bug]) -> str:
    """A sentence with the figure."""
    counted = [bug for bug in bugs if "scope" not in bug]
    noticed = sum("mutants" in bug for bug in counted)
    return (
        f"Of {len(counted)} bugs that breach the API, {noticed} are noticed ({noticed / len(counted):.0%}). "
        f"{len(bugs) - len(counted)} more are about HTTP in general, or about what no norm settles."
    )


def origin(bug: Bug) -> str:
    """Which bug of whose."""
    note = f", {bug['scope']}" if "scope" in bug else ""
    return f"{bug['id']} [{bug['project']}]({bug['link']}){note}"


def commands(bug: Bug) -> list[str]:
    """The commands that start a server with the bug."""
    dialect = bug.get("dialect", DEFAULT_DIALECT)
    chosen = "" if dialect == DEFAULT_DIALECT else f"--dialect {dialect} "
    return [f"antiphon serve {chosen}--mutant {mutant}" for mutant in bug["mutants"]]


def codes(texts: Iterable[str]) -> str:
    """Several texts as code, one below the other."""
    return "<br>".join(f"`{text}`" for text in texts)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
