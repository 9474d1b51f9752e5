"""No mutant breaks at an answer that it does not expect: a refusal, a call, a picture in the input."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from antiphon_mockserver.mutants import SEAMS, Call, all_mutants
from antiphon_spec.dialect import load
from mock_client import Client

PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"}
SEEN = [{"role": "user", "content": [PICTURE, {"type": "input_text", "text": "Say hello."}]}]
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "3"}
REFUSAL = {"when": {"input": "refuse"}, "refusal": "No."}
CREATES: tuple[dict[str, Any], ...] = (
    {"input": "refuse"},
    {"input": SEEN},
    {"input": [CALL, OUTPUT]},
    {"input": "Look.", "tools": [TOOL], "tool_choice": "required"},
    {"input": "Count from 1 to 300.", "max_output_tokens": 16},
    {"input": "Say hello.", "background": True},
    {"temperature": 9, "input": "Say hello."},
)
Value = tuple[str, Any, Call]
"""The seam, what a mutant of it gets, and the call."""


def values(dialect: str) -> Iterator[Value]:
    """What the mutants of a server of this dialect get in a few requests."""
    client, inputs = Client(dialect=dialect, scripts=[{"answers": [REFUSAL]}]), list[Value]()

    def keep(seam: str) -> Any:
        def change(value: Any, call: Call) -> Any:
            inputs.append((seam, deepcopy(value), call))
            return value

        return change

    client.app.sender.changes = {seam: (keep(seam),) if seam != "state" else () for seam in SEAMS}
    model = load(dialect).models[0]
    for members in CREATES:
        reply = client.post("/responses", {"model": model, **members})
        client.post("/responses", {"model": model, "stream": True, **members})
        if reply.status == 200:
            client.get(f"/responses/{reply.json['id']}")
            client.get(f"/responses/{reply.json['id']}/input_items")
    client.post("/responses/compact", {"model": model, "input": SEEN})
    client.get("/models")
    yield from inputs


@pytest.mark.parametrize("dialect", ["bud", "openai"])
def test_no_mutant_breaks(dialect: str) -> None:
    breaks = set()
    inputs = list(values(dialect))
    assert {seam for seam, _, _ in inputs} == set(SEAMS) - {"state"}
    for mutant in all_mutants().values():
        for value, call in ((value, call) for seam, value, call in inputs if seam == mutant.seam):
            try:
                mutant.mutate(deepcopy(value), call)
            except Exception as problem:  # whatever it is
                [*_, last] = traceback.extract_tb(problem.__traceback__)
                breaks.add(f"{mutant.id}: {type(problem).__name__} {problem} in {last.name}:{last.lineno}")
    assert breaks == set()
