"""An answer must satisfy the schema and the rules of its template; the mock tries a few times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.prompt_templates.rendering import holds
from antiphon_mockserver.prompt_templates.template import Version
from antiphon_mockserver.prompt_templates.variables import validator
from antiphon_mockserver.response.plan import Context, Item, Plan


def retry_until_valid(plan: Callable[[Context], Plan], context: Context, version: Version) -> Plan:
    """The first answer that passes, or a failed one after the last retry."""
    for _ in range(version.retries + 1):
        answer = plan(context)
        complaint = _complaint(answer, version)
        if complaint is None:
            return answer
        context = replace(context, items=(*context.items, _user_message(complaint)))
    message = f"The output was not valid after {version.retries} retries: {complaint}"
    return replace(answer, status="failed", items=(), error={"code": "server_error", "message": message})


def _complaint(answer: Plan, version: Version) -> str | None:
    """The first rule that an answer breaks, as a sentence; None for an answer without text."""
    text = next((item["content"][0].get("text") for item in answer.items if item["type"] == "message"), None)
    if text is None:
        return None
    output: Any = text
    if version.output_schema is not None:
        output = _value(text)
        for fault in validator(orjson.dumps(version.output_schema)).faults(output):
            return f"Invalid output at '{fault.pointer}': expected {fault.expected}, got {fault.actual}."
    violations = (rule for rule in version.output_rules if not holds(rule["test"], {"output": output}))
    return next((rule["message"] for rule in violations), None)


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _user_message(complaint: str) -> Item:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": complaint}]}
