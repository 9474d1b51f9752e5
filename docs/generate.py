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
from antiphon_spec.requirement import AUTHORITY, SEVERITY, Requirement, Severity, count

DOCS = Path(__file__).parent
WILD_BUGS = DOCS.parent / "tests" / "wild_bugs.yaml"
DEFAULT_DIALECT = "openresponses"
WEIGHT = {Severity.MUST: "fails", Severity.SHOULD: "warns", Severity.MAY: "informs"}
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
    return texts


def requirements(dialect: Dialect) -> str:
    """The page with the requirements of a dialect."""
    citing: dict[str, list[str]] = {}
    for key, rule in rules_for(dialect).items():
        for row in rule.requirements(dialect):
            citing.setdefault(row.id, []).append(key)
    rows = dialect.requirements.values()
    body = table(
        ("Requirement", "Level", "Sentence and source", "Checked by"),
        ((row.id, row.level, f"{row.text}<br>*{row.source}*", checked(row, citing)) for row in rows),
    )
    counts = ", ".join(f"{number} {state}" for state, number in dialect.counts.items())
    title = f"# {dialect.title} ({dialect.release}): requirements"
    return f"{title}\n\n{counts}.\n\n{levels(rows)}\n\n{body}\n"


def levels(rows: Collection[Requirement]) -> str:
    """A table with the number of requirements of each level, and the meaning of the level."""
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
