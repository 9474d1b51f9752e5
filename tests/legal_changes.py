"""Legal changes of recorded exchanges: what was right stays right, so no rule may fail a changed answer.

    python tests/legal_changes.py RECORDING.jsonl [--dialect openai]

RECORDING has one exchange a line, as `antiphon lint` reads JSON lines. For each change, the script prints the
rules that find something in the changed exchanges and found nothing in the exchanges as they were.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from antiphon_conformance.engine import lint
from antiphon_conformance.recordings.reader import load
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load as load_dialect

Json = dict[str, Any]
Change = Callable[[Json], Json | None]
"""From an exchange to the changed one; None where there is nothing to change."""
ObjectChange = Callable[[Json], Json]

RED = (Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN)
BREAK = re.compile(r"\r\n|\n|\r")
FREE = frozenset(
    {
        "$defs",
        "attributes",
        "categories",
        "category_applied_input_types",
        "category_scores",
        "definitions",
        "env",
        "headers",
        "input_schema",
        "metadata",
        "parameters",
        "properties",
        "schema",
        "variables",
    }
)
"""Members whose names are the client's or whose values have one type: nothing is added there."""
TERMINAL = ("response.completed", "response.incomplete", "response.failed")
NUMBER = "sequence_number"
NEWER_ITEM = {
    "id": "tht_68a1234567890abcdef01234567890abcdef",
    "type": "thought_chart",
    "status": "completed",
}


class Message:
    """One message of a stream: the name of its event, and its data, as text where it is not JSON."""

    def __init__(self, name: str | None, data: Any) -> None:
        self.name, self.data = name, data

    @property
    def event(self) -> Json:
        """The event; empty where the data is no object."""
        return self.data if isinstance(self.data, dict) else {}


def messages(sse: str) -> list[Message]:
    """The messages of a recorded stream."""
    found: list[Message] = []
    name, lines = None, list[str]()
    for line in [*BREAK.split(sse), ""]:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            lines.append(value.removeprefix(" "))
        elif not line and lines:
            text = "\n".join(lines)
            found.append(Message(name, json.loads(text) if text.startswith("{") else text))
            name, lines = None, []
    return found


def write(found: Iterable[Message], end: str = "\n", space: str = " ", indent: int | None = None,
          before: str = "") -> str:  # fmt: skip
    """A stream of these messages; `before` goes before each."""
    text = ""
    for message in found:
        data = message.data
        whole = data if isinstance(data, str) else json.dumps(data, indent=indent, ensure_ascii=False)
        name = f"event:{space}{message.name}{end}" if message.name is not None else ""
        text += before + name + "".join(f"data:{space}{line}{end}" for line in whole.split("\n")) + end
    return text


def in_objects(change: ObjectChange) -> Change:
    """Changes each object of an answer, also in the events of a stream."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            inner = {name: member if name in FREE else walk(member) for name, member in value.items()}
            return change(inner)
        return [walk(member) for member in value] if isinstance(value, list) else value

    def changed(exchange: Json) -> Json:
        result = copy.deepcopy(exchange)
        answer = result["response"]
        if isinstance(answer.get("body"), dict):
            answer["body"] = walk(answer["body"])
        if isinstance(answer.get("sse"), str):
            found = messages(answer["sse"])
            answer["sse"] = write([Message(message.name, walk(message.data)) for message in found])
        return result

    return changed


def in_responses(change: ObjectChange) -> Change:
    """Changes each response object."""
    return in_objects(lambda value: change(value) if value.get("object") == "response" else value)


def in_streams(change: Callable[[list[Message]], list[Message]], **form: Any) -> Change:
    """Changes the messages of a stream, and numbers its events anew as they were numbered."""

    def changed(exchange: Json) -> Json | None:
        sse = exchange["response"].get("sse")
        if not isinstance(sse, str):
            return None
        found = messages(sse)
        numbers = [message.event.get(NUMBER) for message in found if message.event]
        first = numbers[0] if numbers else None
        if isinstance(first, int) and numbers != list(range(first, first + len(numbers))):
            return None
        found = change(found)
        for number, message in enumerate(message for message in found if message.event):
            rest = {name: value for name, value in message.event.items() if name != NUMBER}
            message.data = rest if first is None else {**rest, NUMBER: first + number}
        return {**exchange, "response": {**exchange["response"], "sse": write(found, **form)}}

    return changed


def in_headers(change: Callable[[Mapping[str, str]], Json]) -> Change:
    """Changes the headers of an answer."""

    def changed(exchange: Json) -> Json:
        result = copy.deepcopy(exchange)
        result["response"]["headers"] = change(result["response"].get("headers") or {})
        return result

    return changed


def same(found: list[Message]) -> list[Message]:
    """Only the form of the stream changes."""
    return found


def with_newer_event(found: list[Message]) -> list[Message]:
    """An event of an unknown type in the middle."""
    name, middle = "response.mood.updated", len(found) // 2
    newer = Message(name, {"type": name, NUMBER: 0, "mood": "good"})
    return [*found[:middle], newer, *found[middle:]]


def with_a_letter_each(found: list[Message]) -> list[Message]:
    """One delta for each character."""
    return [piece for message in found for piece in _letters(message)]


def _letters(message: Message) -> Iterator[Message]:
    event = message.event
    delta = event.get("delta")
    if not str(event.get("type")).endswith(".delta") or not isinstance(delta, str) or event.get("logprobs"):
        yield message
        return
    rest = {name: value for name, value in event.items() if name != "obfuscation"}
    for letter in delta:
        yield Message(message.name, {**rest, "delta": letter})


def with_one_delta(found: list[Message]) -> list[Message]:
    """One delta for each text, unless something comes between its pieces."""
    result: list[Message] = []
    for message in found:
        if result and _continues(result[-1].event, message.event):
            result[-1].data["delta"] += message.data["delta"]
            result[-1].data.pop("obfuscation", None)
        else:
            result.append(Message(message.name, copy.deepcopy(message.data)))
    return result


def _continues(first: Json, second: Json) -> bool:
    names = ("type", "item_id", "output_index", "content_index", "summary_index")
    deltas = isinstance(first.get("delta"), str) and isinstance(second.get("delta"), str)
    is_same = all(first.get(name) == second.get(name) for name in names)
    return deltas and is_same and not first.get("logprobs") and not second.get("logprobs")


def with_newer_item(exchange: Json) -> Json | None:
    """An output item of an unknown type before the others."""
    result = copy.deepcopy(exchange)
    answer = result["response"]
    body = answer.get("body")
    if isinstance(body, dict) and body.get("object") == "response":
        body["output"] = [NEWER_ITEM, *(body.get("output") or ())]
        return result
    return in_streams(_with_newer_item)(exchange)


def _with_newer_item(found: list[Message]) -> list[Message]:
    added = "response.output_item.added"
    first = next((place for place, each in enumerate(found) if each.event.get("type") == added), None)
    if first is None:
        return found
    for message in found[first:]:
        event = message.data = copy.deepcopy(message.data)
        if isinstance(event, dict) and isinstance(event.get("output_index"), int):
            event["output_index"] += 1
        if isinstance(event, dict) and event.get("type") in TERMINAL and event["response"].get("output"):
            event["response"]["output"].insert(0, NEWER_ITEM)
    begun = {**NEWER_ITEM, "status": "in_progress"}
    events = (
        {"type": added, NUMBER: 0, "output_index": 0, "item": begun},
        {"type": "response.output_item.done", NUMBER: 0, "output_index": 0, "item": NEWER_ITEM},
    )
    return [*found[:first], *(Message(str(event["type"]), event) for event in events), *found[first:]]


def renames(words: Mapping[str, str]) -> Change:
    """Other words for the types of objects, as a vendor adds them."""
    return in_objects(
        lambda value: {**value, "type": words[value["type"]]} if value.get("type") in words else value
    )


def _with_part(value: Json) -> Json:
    is_message = value.get("type") == "message" and value.get("role") == "assistant" and value.get("content")
    return {**value, "content": [*value["content"], {"type": "output_scent"}]} if is_message else value


def _in_documents(change: Change) -> Change:
    return lambda exchange: None if isinstance(exchange["response"].get("sse"), str) else change(exchange)


def _with_tools(value: Json) -> Json:
    tools = value.get("tools")
    return {**value, "tools": [*tools, {"type": "weather_station"}]} if isinstance(tools, list) else value


def _with_counts(value: Json) -> Json:
    usage = value.get("usage")
    return {**value, "usage": {**usage, "cost": 0.001}} if isinstance(usage, dict) else value


def _bare(headers: Mapping[str, str]) -> Json:
    return {name: value for name, value in headers.items() if name.lower() in ("content-type", "date")}


IMAGES = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
KINDS = {"image_tokens": 0, "text_tokens": 0, "audio_tokens": 0}
TOOL_USAGE = {
    "image_gen": {**IMAGES, "input_tokens_details": KINDS, "output_tokens_details": KINDS},
    "web_search": {"num_requests": 0},
    "map_search": {"num_requests": 0, "places": None},
}
CITATIONS = {"url_citation": "map_citation", "file_citation": "shelf_citation"}
ACTIONS = {
    "search": "deep_search",
    "open_page": "open_tab",
    "find_in_page": "find_in_tab",
    "logs": "log_lines",
}
CHANGES: dict[str, Change] = {
    "members in another order": in_objects(lambda value: dict(reversed(value.items()))),
    "a member more, null": in_objects(lambda value: {**value, "x_newer": None}),
    "a member more, an object": in_objects(lambda value: {**value, "x_newer": {}}),
    "a newer item": with_newer_item,
    "a newer part": _in_documents(in_objects(_with_part)),
    "newer annotations": renames(CITATIONS),
    "newer actions and outputs": renames(ACTIONS),
    "a newer tool": in_responses(_with_tools),
    "a newer service tier": in_responses(
        lambda value: {**value, "service_tier": "ultra"} if "service_tier" in value else value
    ),
    "a newer reason": in_responses(
        lambda value: {**value, "incomplete_details": {"reason": "power_saving"}}
        if value.get("incomplete_details") else value
    ),
    "more counts": in_responses(_with_counts),
    "uses of a newer tool": in_responses(lambda value: {**value, "tool_usage": TOOL_USAGE}),
    "no padding": in_objects(
        lambda value: {name: member for name, member in value.items() if name != "obfuscation"}
    ),
    "a newer event": in_streams(with_newer_event),
    "a letter each": in_streams(with_a_letter_each),
    "one delta": in_streams(with_one_delta),
    "carriage returns": in_streams(same, end="\r\n"),
    "no space after the colon": in_streams(same, space=""),
    "data over several lines": in_streams(same, indent=1),
    "comments": in_streams(same, before=": still here\n\n"),
    "ids and times to wait": in_streams(same, before="id: 7\nretry: 1000\n"),
    "few headers": in_headers(_bare),
    "headers of a proxy": in_headers(
        lambda headers: {**headers, "via": "1.1 gateway", "x-cache": "MISS", "set-cookie": "a=b", "vary": "*"}
    ),
    "names of headers in capitals": in_headers(
        lambda headers: {name.upper(): value for name, value in headers.items()}
    ),
}  # fmt: skip


def objections(exchanges: Sequence[Json], dialect: str) -> dict[str, set[str]]:
    """The exchanges in which each rule finds what fails or warns, by rule."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "changed.jsonl"
        path.write_text("".join(f"{json.dumps(exchange)}\n" for exchange in exchanges))
        records = lint(load(path).exchanges, load_dialect(dialect))
    found: dict[str, set[str]] = {}
    for record in records:
        if record.outcome in RED:
            found.setdefault(record.rule, set()).update(finding.exchange for finding in record.findings)
    return found


def new_objections(
    change: Change,
    exchanges: Sequence[Json],
    dialect: str,
    before: Mapping[str, set[str]] | None = None,
) -> dict[str, set[str]]:
    """The exchanges to which a rule objects only once they are changed, by rule."""
    before = objections(exchanges, dialect) if before is None else before
    after = objections([new for old in exchanges if (new := change(old)) is not None], dialect)
    new = {rule: found - before.get(rule, set()) for rule, found in after.items()}
    return {rule: found for rule, found in new.items() if found}


def report(changes: Mapping[str, Change], description: str) -> None:
    """Prints what each change of a recording brings to light; its path comes from the command line."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("--dialect", default="openai")
    arguments = parser.parse_args()
    exchanges = [json.loads(line) for line in arguments.recording.read_text().splitlines() if line.strip()]
    before = objections(exchanges, arguments.dialect)
    for name, change in changes.items():
        new = new_objections(change, exchanges, arguments.dialect, before)
        print(f"{name}: {'quiet' if not new else ''}")
        for rule, found in new.items():
            print(f"  {rule}: {len(found)} exchanges, such as {min(found)}")


if __name__ == "__main__":
    report(CHANGES, __doc__ or "")
