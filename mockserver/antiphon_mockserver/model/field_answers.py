"""Answers in fields: a program reads a value after each `[[ ## name ## ]]`, also the call of a tool."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from antiphon_mockserver.model import END
from antiphon_mockserver.model.calls import arguments_of
from antiphon_mockserver.model.prompt_hints import hints_of
from antiphon_mockserver.model.reading import Reading
from antiphon_mockserver.model.tool_names import is_named
from antiphon_mockserver.response.plan import ApiError
from antiphon_spec.loading.late import late_pattern

FIELD = late_pattern(r"^\d+\. `(\w{1,64})` \(([^\n]{1,400})\):", re.MULTILINE)
VALUE = late_pattern(
    r"^\[\[ ## (\w{1,64}) ## \]\](.*?)(?=\n+\[\[ ## |\n\nRespond with |\Z)", re.DOTALL | re.MULTILINE
)
OPTIONS = late_pattern(r"Literal\[(.{1,2000})\]")
TOOL = late_pattern(
    r"^\s*\(\d+\) (\w{1,64}), whose description is <desc>.{0,2000}?</desc>\. "
    r"It takes arguments (\{.{0,4000}\})\.$",
    re.MULTILINE,
)
WORD = late_pattern(r"\W")
USED, FINISH = "tool_name_", "finish"
"""The fields with the names of the tools that were used, and the tool that ends the work."""
KINDS = {"int": "integer", "float": "number", "bool": "boolean", "dict": "object", "list": "array"}
"""The types of values by the beginning of their Python annotation; all else is text."""


def field_answer(reading: Reading, text: str) -> str | None:
    """The answer with a value for each output field; None where no instructions ask for such fields."""
    said = next((said for said in reading.instructions if END in said), None)
    if said is None:
        return None
    _, _, outputs = said.partition("Your output fields are:")
    fields = FIELD.findall(outputs.partition("[[ ## ")[0])
    given = {name: value.strip() for name, value in VALUE.findall(reading.prompt)}
    values = _values(fields, given, _tools(said), text)
    return "\n\n".join([*(f"[[ ## {name} ## ]]\n{value}" for name, value in values), END]) if fields else None


def _tools(said: str) -> dict[str, Mapping[str, Any]]:
    """The tools that instructions describe in words, with the schemas of their parameters."""
    tools: dict[str, Mapping[str, Any]] = {}
    for name, parameters in TOOL.findall(said):
        try:
            schemas = dict(ast.literal_eval(parameters))
            tools[name] = {key: schema for key, schema in schemas.items() if isinstance(schema, dict)}
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            tools[name] = {}
    return tools


def _values(
    fields: list[tuple[str, str]], given: Mapping[str, str], tools: Mapping[str, Mapping[str, Any]], text: str
) -> Iterator[tuple[str, str]]:
    """Each field with its value: of a tool that was not used yet, or of the answer."""
    question = given.get("question") or next(iter(given.values()), "")
    answer = _observation(given) or text
    used = {value for name, value in given.items() if name.startswith(USED)}
    *others, last = tools or ("",)
    tool = next((name for name in others if name not in used and is_named(name, question)), last)
    for name, annotation in fields:
        kind = KINDS.get(WORD.split(annotation)[0])
        if options := OPTIONS.match(annotation):
            yield name, tool if tool and tool in options[1] else options[1].split(",")[0].strip(" '\"")
        elif kind is None:
            yield name, answer
        elif kind == "object" and tools:
            yield name, _instance(tools[tool], question)
        else:
            yield name, orjson.dumps(orjson.loads(_instance({name: {"type": kind}}, question))[name]).decode()


def _observation(given: Mapping[str, str]) -> str:
    """What a tool said last, other than the one that ends the work."""
    names = [name for name, tool in given.items() if name.startswith(USED) and tool != FINISH]
    observations = [given.get(name.replace(USED, "observation_"), "") for name in names]
    return next(filter(None, reversed(observations)), "")


def _instance(properties: Mapping[str, Any], question: str) -> str:
    """A JSON object with these members; an empty one where they have no schemas that permit a value."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    try:
        return arguments_of({"name": "fields", "parameters": schema}, hints_of(question), ())
    except ApiError:
        return "{}"
