"""An answer has to fit its template's schema and pass its tests; else it is asked for again, a few times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.plan import Context, Item, Plan
from antiphon_mockserver.prompts.rendering import holds
from antiphon_mockserver.prompts.template import Version
from antiphon_mockserver.prompts.variables import validator
from antiphon_spec.explain import faults


def insist(plan: Callable[[Context], Plan], context: Context, version: Version) -> Plan:
    """The first answer that passes, or a failure when the retries are used up."""
    for _ in range(version.retries + 1):
        made = plan(context)
        complaint = _complaint(made, version)
        if complaint is None:
            return made
        context = replace(context, items=(*context.items, _told(complaint)))
    message = f"The output was not valid after {version.retries} retries: {complaint}"
    return replace(made, status="failed", items=(), error={"code": "server_error", "message": message})


def _complaint(made: Plan, version: Version) -> str | None:
    """What an answer in text breaks first; one that calls tools says nothing yet."""
    text = next((item["content"][0].get("text") for item in made.items if item["type"] == "message"), None)
    if text is None:
        return None
    output: Any = text
    if version.output_schema is not None:
        output = _value(text)
        for fault in faults(validator(orjson.dumps(version.output_schema)).iter_errors(output)):
            return f"Invalid output at '{fault.pointer}': expected {fault.expected}, got {fault.got}."
    broken = (rule for rule in version.output_rules if not holds(rule["test"], {"output": output}))
    return next((rule["message"] for rule in broken), None)


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _told(complaint: str) -> Item:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": complaint}]}
