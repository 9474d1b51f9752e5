"""The deterministic model: the same context always gets the same answer, and a reader can predict it.

It echoes, counts, calculates, recalls what was said before, repeats on demand, tells stories of any length,
refuses on demand, follows simple instructions, calls tools with valid arguments and fills in any JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import orjson

from antiphon_mockserver.model.outputs import Output
from antiphon_mockserver.model.prompt_schema import PROPERTIES
from antiphon_mockserver.model.reading import Reading, in_band, is_triggered, read, whole_number
from antiphon_mockserver.model.reasoning import Thought, reason
from antiphon_mockserver.model.skills import Answer, Refusal, answer, fit_words, speak
from antiphon_mockserver.model.words import words
from antiphon_mockserver.response.plan import Context, Item, Plan
from antiphon_mockserver.response.tokens import count, count_input, split
from antiphon_mockserver.server.haste import announce
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_function

if TYPE_CHECKING:
    from antiphon_mockserver.hosted_tools.servers import server_lists
    from antiphon_mockserver.hosted_tools.work import Citation, Work
    from antiphon_mockserver.model.calls import calls as planned_calls
    from antiphon_mockserver.model.code_answers import code_answer
    from antiphon_mockserver.model.field_answers import field_answer
    from antiphon_mockserver.model.json_answers import json_answer
else:  # few requests have tools, or want JSON, code or fields
    server_lists = late_function("antiphon_mockserver.hosted_tools.servers", "server_lists")
    planned_calls = late_function("antiphon_mockserver.model.calls", "calls")
    code_answer = late_function("antiphon_mockserver.model.code_answers", "code_answer")
    field_answer = late_function("antiphon_mockserver.model.field_answers", "field_answer")
    json_answer = late_function("antiphon_mockserver.model.json_answers", "json_answer")

__all__ = ["cost", "in_manner", "message", "plan", "plan_for", "spend", "with_logprobs"]

TEXT_MEMBERS = {"function_call": "arguments", "custom_tool_call": "input", "compaction": "encrypted_content"}
"""The member with the text of an item that is no message, by type of item."""
FINISH, END = "final_answer", "[[ ## completed ## ]]"
"""The function that takes an answer as code, and the mark that ends one in fields; instructions name them."""


def plan(context: Context) -> Plan:
    """What the model says in this context.

    Raises ApiError when the encrypted content in the context is not ours or a schema cannot be filled in.
    """
    return plan_for(context, read(context), count_input(context))


def plan_for(context: Context, reading: Reading, input_tokens: int) -> Plan:
    """What the model says in a context that was read, and whose tokens were counted."""
    compaction = in_band(context, input_tokens)
    if compaction and is_triggered(context):
        return Plan(compaction, input_tokens=input_tokens, output_tokens=sum(map(cost, compaction)))
    tool_lists = server_lists(context) if context.request.get("tools") or context.servers else []
    works: list[Work] = []
    items: list[Item] = []
    outputs: tuple[Output, ...] = ()
    if may_call(context):
        works = planned_calls(context, reading)
        items = [item for work in works for item in work.items]
        outputs = tuple(Output(work.tool, work.output) for work in works if work.output is not None)
    thought = reason(context, reading, _intent(items)) if context.request.get("reasoning") else None
    if len(outputs) == len(works):
        if outputs:
            reading = replace(reading, outputs=(*reading.outputs, *outputs), ends_in_outputs=True)
        items.append(message(_answer(context, reading)))
    citations = [citation for work in works for citation in work.citations] if works else []
    spending = spend(thought, items, whole_number(context, "max_output_tokens"))
    said = with_logprobs(with_citations(spending.items, citations), context)
    return Plan(
        items=(*tool_lists, *compaction, *said) if tool_lists or compaction else said,
        status="incomplete" if spending.cut else "completed",
        reason="max_output_tokens" if spending.cut else None,
        input_tokens=input_tokens,
        output_tokens=spending.output_tokens + (sum(map(cost, compaction)) if compaction else 0),
        reasoning_tokens=spending.reasoning_tokens,
        containers=tuple(work.container for work in works if work.container is not None) if works else (),
    )


def may_call(context: Context) -> bool:
    """Whether anything in the context may lead to a call: tools, or an item that is no message."""
    if context.request.get("tools"):
        return True
    for item in context.items:  # noqa: SIM110 - this runs for every answer
        if item.get("type") != "message":
            return True
    return False


def _intent(items: Sequence[Item]) -> str:
    names = ", ".join(str(item.get("name", item["type"])) for item in items)
    return f"I will call {names}." if items else "I will answer in text."


def message(text: Answer) -> Item:
    """The message with this text, or with this refusal."""
    if isinstance(text, Refusal):
        part: dict[str, Any] = {"type": "refusal", "refusal": text.text}
    else:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {"type": "message", "content": [part], "phase": "final_answer", "role": "assistant"}


def _answer(context: Context, reading: Reading) -> Answer:
    text = answer(reading)
    if isinstance(text, Refusal):
        return text
    text = fit_words(text, reading.question)
    value = json_answer(context, reading, text) if _may_be_json(context, reading) else None
    if value is not None:
        return orjson.dumps(value.content).decode()
    if reading.feedback is not None and not reading.ends_in_outputs:
        text = reading.feedback.improve(text)
    return in_manner(text, reading)


def in_manner(text: str, reading: Reading) -> str:
    """The text as the instructions want it: changed, or as code."""
    if not reading.instructions:
        return text
    text = speak(text, reading.instructions)
    if any(FINISH in said for said in reading.instructions):
        return code_answer(reading, text) or text
    if any(END in said for said in reading.instructions):
        return field_answer(reading, text) or text
    return text


def _may_be_json(context: Context, reading: Reading) -> bool:
    """Whether the request or a text in the context may ask for JSON."""
    if context.request.get("text"):
        return True
    for said in reading.demands:  # noqa: SIM110 - this runs for every answer
        if PROPERTIES in said:
            return True
    return False


def with_logprobs(items: tuple[Item, ...], context: Context) -> tuple[Item, ...]:
    """The items, with log probabilities for their texts when the request includes them."""
    if "message.output_text.logprobs" not in (context.request.get("include") or ()):
        return items
    alternatives = whole_number(context, "top_logprobs") or 0
    return with_text_parts(items, lambda text: {"logprobs": logprobs(text, alternatives)})


def with_text_parts(items: tuple[Item, ...], extend: Callable[[str], Mapping[str, Any]]) -> tuple[Item, ...]:
    """The items; each text part has in addition the members that `extend` gives for its text."""
    return tuple([_extend(item, extend) if item["type"] == "message" else item for item in items])


def _extend(item: Item, extend: Callable[[str], Mapping[str, Any]]) -> Item:
    part = item["content"][0]
    if part["type"] != "output_text":
        return item
    members = extend(part["text"])
    return {**item, "content": [{**part, **members}]} if members else item


ADDRESS = re.compile(r"https?://([^\s/\"'<>()]+)[^\s\"'<>()]*[^\s\"'<>().,;:!?]")


def with_citations(items: tuple[Item, ...], citations: Sequence[Citation] = ()) -> tuple[Item, ...]:
    """The items; each text has an annotation for each phrase with a source, and for each other address."""
    if not citations and all("://" not in _text_of(item) for item in items if item["type"] == "message"):
        return items
    return with_text_parts(items, lambda text: _annotations(text, citations))


def _annotations(text: str, citations: Sequence[Citation]) -> dict[str, Any]:
    if not citations and "://" not in text:
        return {}
    places = [(start, citation) for citation in citations if (start := text.find(citation.phrase)) >= 0]
    annotations = [_place(citation, start) for start, citation in places]
    for match in ADDRESS.finditer(text) if "://" in text else ():
        if not any(start <= match.start() < start + len(citation.phrase) for start, citation in places):
            annotations.append(_citation(match))
    return {"annotations": annotations} if annotations else {}


def _place(citation: Citation, start: int) -> dict[str, Any]:
    """The annotation at its place: a file's is where the phrase ends, the others' is the whole phrase."""
    end = start + len(citation.phrase)
    if citation.annotation["type"] == "file_citation":
        return {**citation.annotation, "index": end}
    return {**citation.annotation, "start_index": start, "end_index": end}


def _citation(match: re.Match[str]) -> dict[str, Any]:
    return {
        "type": "url_citation",
        "url": match[0],
        "title": match[1],
        "start_index": match.start(),
        "end_index": match.end(),
    }


ALTERNATIVES = tuple(
    f" {word}" for word in words("the a and of to in is it that for on with as at by or an be so i you we he")
)


def logprobs(text: str, alternatives: int) -> list[dict[str, Any]]:
    """An entry for each token of a text, each with this many alternatives; equal tokens share theirs."""
    tokens = split(text)
    announce(len(tokens) * (1 + alternatives) / 2)
    entries = {token: _entry(token, alternatives) for token in set(tokens)}
    return [entries[token] for token in tokens]


def _entry(token: str, alternatives: int) -> dict[str, Any]:
    best = _alternative(token, -(crc32(token.encode(errors="replace")) % 4000) / 10_000)
    words_besides = (word for word in ALTERNATIVES if word != token)
    ranking = [best]
    ranking += [
        _alternative(word, round(best["logprob"] - rank * 0.75, 4))
        for rank, word in zip(range(1, alternatives), words_besides, strict=False)
    ]
    return {**best, "top_logprobs": ranking[:alternatives]}


def _alternative(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "bytes": list(token.encode(errors="replace")), "logprob": logprob}


@dataclass(frozen=True, slots=True)
class Spending:
    """What fits into the limit."""

    items: tuple[Item, ...]
    output_tokens: int
    reasoning_tokens: int
    cut: bool


def spend(thought: Thought | None, items: list[Item], limit: int | None) -> Spending:
    """The items that fit into the limit; the last one may be cut. Reasoning uses up the limit first."""
    thinking = thought.tokens if thought else 0
    first = (thought.item,) if thought else ()
    if limit is None:
        price = cost(items[0]) if len(items) == 1 else sum(map(cost, items))
        return Spending((*first, *items), thinking + price, thinking, cut=False)
    left = limit - thinking
    if left <= 0:
        return Spending(first, limit, limit, cut=True)
    items_within: list[Item] = []
    for item in items:
        price = cost(item)
        if price > left:
            items_within += [_shorten(item, left)] if left else []
            return Spending((*first, *items_within), limit, thinking, cut=True)
        items_within.append(item)
        left -= price
    return Spending((*first, *items_within), limit - left, thinking, cut=False)


def cost(item: Item) -> int:
    """The output tokens of an item."""
    return count(_text_of(item))


def _shorten(item: Item, tokens: int) -> Item:
    """The item with the first tokens of its text."""
    text = "".join(split(_text_of(item))[:tokens])
    if field := TEXT_MEMBERS.get(item["type"]):
        return {**item, field: text}
    part = item["content"][0]
    field = "refusal" if part["type"] == "refusal" else "text"
    return {**item, "content": [{**part, field: text}]}


def _text_of(item: Item) -> str:
    if field := TEXT_MEMBERS.get(item["type"]):
        return str(item[field])
    if "content" not in item:
        return ""
    part = item["content"][0]
    return str(part["text"] if "text" in part else part.get("refusal", ""))
