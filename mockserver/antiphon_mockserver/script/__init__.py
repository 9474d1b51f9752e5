"""Scripts: which answer to which request, in YAML or from Python.

    strict: true
    answers:
      - when: {input: weather, tools: [get_weather], turn: 1}
        calls: [{name: get_weather, arguments: {location: Paris}}]
      - when: {output: {regex: "(?i)degrees"}}
        text: It is mild in Paris.

`script.schema.yaml` describes every key. The first entry whose `when` matches answers. When none matches, the
deterministic model answers; a strict script sends an error that lists each entry and why it did not match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from antiphon_mockserver import model
from antiphon_mockserver.model.reading import read
from antiphon_mockserver.response.pace import Pace, read_pace
from antiphon_mockserver.response.plan import ApiError, Context, Plan
from antiphon_mockserver.script.answering import answer
from antiphon_mockserver.script.hints import UNKNOWN, hint
from antiphon_mockserver.script.matching import Condition, conditions, mismatches
from antiphon_mockserver.settings import Source
from antiphon_spec.data import DataError, place, read_yaml
from antiphon_spec.json_schema.fault import steps
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.schema import LocalValidator

__all__ = ["Script", "ScriptEntry", "ScriptError", "has_times", "load", "load_pace", "planner"]

Planner = Callable[[Context], Plan]
SCHEMA = Path(__file__).with_name("script.schema.yaml")


class ScriptError(DataError):
    """A script is malformed; the message says where, what was expected and what was found."""


ALTERNATIVES = ("text", "json", "refusal", "error")
"""The members of an entry of which an answer shows one: the others would have no effect."""


@dataclass(frozen=True, slots=True)
class ScriptEntry:
    """One entry of a script."""

    name: str
    conditions: tuple[Condition, ...]
    content: Mapping[str, Any]
    """The entry as in the script."""


@dataclass(frozen=True, slots=True)
class Script:
    """The entries of one file, in order."""

    name: str
    strict: bool
    entries: tuple[ScriptEntry, ...]


def load(source: Source) -> Script:
    """Loads a script from a file or from its content. Raises ScriptError when it is malformed."""
    if isinstance(source, Path):
        try:
            content, where = read_yaml(source), str(source)
        except DataError as problem:
            raise ScriptError(problem.where, problem.expected, problem.actual) from problem
    else:
        content, where = source, "script"
    if isinstance(content, list):
        raise ScriptError(_place(source, ()), "an object with the list under `answers:`", "a list alone")
    # A misspelt member explains a missing one, so it comes first.
    for fault in sorted(_validator().faults(content), key=lambda fault: fault.keyword != UNKNOWN):
        actual = fault.actual + hint(fault, _schema())
        raise ScriptError(_place(source, steps(fault.pointer)), fault.expected, actual)
    name = content.get("name", Path(where).stem)
    entries = tuple(_entry(row, number, source) for number, row in enumerate(content["answers"]))
    return Script(name, content.get("strict", False), entries)


def has_times(sources: Iterable[Source]) -> bool:
    """Whether an entry of these scripts says when something comes. Raises ScriptError like `load`."""
    entries = (entry for source in sources for entry in load(source).entries)
    return any(entry.content.get(key) for entry in entries for key in ("pace", "delay"))


def load_pace(source: float | Mapping[str, Any]) -> Pace:
    """Returns the pace that the settings give, as an entry writes it. Raises ScriptError like `load`."""
    if source:
        for fault in _validator("#/$defs/pace").faults(source):
            raise ScriptError(f"pace#{fault.pointer}", fault.expected, fault.actual)
    return read_pace(source)


def planner(sources: Iterable[Source], otherwise: Planner = model.plan) -> Planner:
    """Returns a planner of these scripts in order, then `otherwise`. Raises ScriptError like `load`."""
    scripts = tuple(map(load, sources))
    return (lambda context: plan(context, scripts, otherwise)) if scripts else otherwise


def plan(context: Context, scripts: Sequence[Script], otherwise: Planner = model.plan) -> Plan:
    """Returns the plan of the first entry that matches, or that of `otherwise`.

    Raises ApiError when the entry asks for an error, or when no entry matches and a script is strict.
    """
    reading = read(context)
    failures: list[str] = []
    for script in scripts:
        for entry in script.entries:
            reasons = mismatches(entry.conditions, context, reading)
            if not reasons:
                return answer(entry.content, context)
            failures.append(f"{script.name}: {entry.name}: {'; '.join(reasons)}")
    if any(script.strict for script in scripts):
        lines = "\n".join(f"  - {line}" for line in failures)
        message = f"No entry of the script matches this request, and the script is strict:\n{lines}"
        raise ApiError(message, code="no_script_matches")
    return otherwise(context)


def _place(source: Source, path: Sequence[str]) -> str:
    """A place in a script: in its file, with the line, or in its content."""
    return place(source if isinstance(source, Path) else "script", path)


def _entry(row: Mapping[str, Any], number: int, source: Source) -> ScriptEntry:
    try:
        tests = conditions(row.get("when", {}))
    except ValueError as problem:
        where = _place(source, ("answers", str(number), "when"))
        raise ScriptError(where, "a regular expression", str(problem)) from problem
    contents = [name for name in ALTERNATIVES if name in row]
    if len(contents) > 1:
        where = _place(source, ("answers", str(number), contents[1]))
        raise ScriptError(where, f"one of {', '.join(ALTERNATIVES)}", " and ".join(contents))
    return ScriptEntry(row.get("name", f"entry {number}"), tests, row)


@cache
def _validator(part: str = "#") -> LocalValidator:
    """The validator of a script, or of a part of one that the schema defines."""
    schema = _schema()
    return LocalValidator(schema if part == "#" else {"$defs": schema["$defs"], "$ref": part})


@cache
def _schema() -> Any:
    return read_yaml(SCHEMA)
