"""Programs of the model that call the client's functions: the client answers, and the program ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from antiphon_mockserver.hosted_tools.work import Tool, Work
from antiphon_mockserver.response.plan import Item

PROGRAM, OUTPUT, TOOL = "program", "program_output", "programmatic_tool_calling"


def programmed(works: Sequence[Work], tools: Sequence[Tool]) -> list[Work]:
    """The calls; those of functions that a program may call come from one, and wait for the client."""
    if not any(tool.get("type") == TOOL for tool in tools):
        return list(works)
    names = {tool.get("name") for tool in tools if "programmatic" in (tool.get("allowed_callers") or ())}
    calls = [item for work in works for item in work.items if item.get("name") in names]
    if not calls:
        return list(works)
    caller = {"type": "program", "caller_id": None}
    waiting = [{**item, "status": "in_progress", "caller": caller} for item in calls]
    rest = [work for work in works if not any(item in calls for item in work.items)]
    return [*rest, Work((_program(calls), *waiting))]


def _program(calls: Sequence[Item]) -> Item:
    lines = [f"const result{number} = await tools.{item['name']}({item['arguments']});"
             for number, item in enumerate(calls)]  # fmt: skip
    code = "\n".join([*lines, *(f"text(result{number});" for number in range(len(calls)))])
    fingerprint = blake2b(code.encode(errors="replace"), digest_size=16).hexdigest()
    return {"type": PROGRAM, "call_id": None, "code": code, "fingerprint": fingerprint}


def finished_programs(items: Sequence[Item]) -> Iterator[Work]:
    """The outputs of the programs whose calls all have outputs now."""
    outputs = {item.get("call_id"): item.get("output") for item in items if _is(item, "function_call_output")}
    ended = {item.get("call_id") for item in items if _is(item, OUTPUT)}
    for program in items:
        call_id = program.get("call_id")
        if not _is(program, PROGRAM) or call_id in ended:
            continue
        calls = [item for item in items if _caller(item) == call_id]
        if calls and all(item.get("call_id") in outputs for item in calls):
            texts = (outputs[item["call_id"]] for item in calls)
            result = "\n".join(text for text in texts if isinstance(text, str))
            yield Work(({"type": OUTPUT, "call_id": call_id, "result": result},), PROGRAM, result)


def _is(item: Mapping[str, Any], kind: str) -> bool:
    return item.get("type") == kind


def _caller(item: Mapping[str, Any]) -> Any:
    """The `call_id` of the program that made a call; None for any other item."""
    caller = item.get("caller")
    is_call = _is(item, "function_call") and isinstance(caller, Mapping)
    return caller.get("caller_id") if is_call and isinstance(caller, Mapping) else None
