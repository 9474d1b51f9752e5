"""Answers as code: an agent reads Python between two marks, and has its functions in the instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.model import FINISH
from antiphon_mockserver.model.calls import Choice, arguments_of, meant_tools
from antiphon_mockserver.model.prompt_hints import hints_of
from antiphon_mockserver.model.reading import Reading
from antiphon_spec.loading.late import late_pattern

MARKS = late_pattern(r"opened with '([^'\n]{1,20})',? and closed with '([^'\n]{1,20})'")
FUNCTION = late_pattern(r"^def (\w{1,64})\(([^()\n]{0,1000})\) ->", re.MULTILINE)
PARAMETER = late_pattern(r"(\w+): (string|integer|number|boolean|array|object)")


def code_answer(reading: Reading, text: str) -> str | None:
    """The answer as code that gives `text`, or what a function says, to `final_answer`.

    None where no instructions ask for code between marks and name that function.
    """
    for said in reading.instructions:
        marks = MARKS.search(said)
        if marks is not None and FINISH in said:
            code = "\n".join(_code(_functions(said), reading, text))
            return f"Thought: I answer with code.\n{marks[1]}\n{code}\n{marks[2]}"
    return None


def _functions(said: str) -> Iterator[dict[str, Any]]:
    """The functions that instructions define, as tools."""
    for name, parameters in FUNCTION.findall(said):
        properties = {parameter: {"type": kind} for parameter, kind in PARAMETER.findall(parameters)}
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        yield {"type": "function", "name": name, "parameters": schema}


def _code(tools: Iterator[Mapping[str, Any]], reading: Reading, text: str) -> Iterator[str]:
    choice = Choice([tool for tool in tools if tool["name"] != FINISH], must_call=False)
    results: list[str] = []
    for tool in meant_tools(choice, reading):
        results.append(f"result_{len(results) + 1}")
        yield f"{results[-1]} = {tool['name']}({_keywords(tool, reading.question, choice.tools)})"
    whole = f"[{', '.join(results)}]" if len(results) > 1 else "".join(results) or repr(text)
    yield f"{FINISH}({whole})"


def _keywords(tool: Mapping[str, Any], question: str, tools: Sequence[Mapping[str, Any]]) -> str:
    values = orjson.loads(arguments_of(tool, hints_of(question), tools))
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
