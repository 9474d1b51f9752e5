"""Answers whose output items are malformed, or in the wrong state."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from antiphon_mockserver.mutants import Call, add, mutant
from antiphon_mockserver.mutants.edits import (
    DROPPED,
    Json,
    is_response,
    items,
    on_items,
    on_parts,
    on_responses,
    setting,
)

SEAM = "body"

MEMBERS: tuple[tuple[str, str, tuple[str, ...], str, Any, str], ...] = (
    ("leaves_out_item_ids", "Leaves `id` out of items.", (), "id", DROPPED, "items.have-an-id"),
    ("numbers_items_alike", "Gives all items of a response the same id.", (), "id", "msg_1",
     "items.ids-are-unique"),
    ("uses_bare_item_ids", "Sends ids of items without a prefix.", (), "id", "4711",
     "items.ids-have-the-prefix-of-their-type"),
    ("leaves_out_item_status", "Leaves `status` out of items.", ("message", "function_call"), "status",
     DROPPED, "items.have-a-status"),
    ("never_finishes_items", "Leaves items `in_progress` in a response that has ended.",
     ("message", "function_call"), "status", "in_progress", "items.are-not-in-progress-in-an-ended-response"),
    ("leaves_items_incomplete", "Leaves items incomplete in a completed response.",
     ("message", "function_call"), "status", "incomplete",
     "items.are-not-incomplete-in-a-completed-response"),
    ("sends_content_null", "Sends null as the content of a message.", ("message",), "content", None,
     "item-members.message-content-is-an-array"),
    ("sends_content_as_text", "Sends the content of a message as a string.", ("message",), "content",
     "Hello.", "item-members.message-content-is-an-array"),
    ("writes_out_empty_members", "Sends null for the namespace of a call that has none.", ("function_call",),
     "namespace", None, "items.optional-members-are-not-null"),
    ("speaks_as_a_bot",
     "Gives its messages a role that the API does not define.", ("message",), "role", "bot",
     "item-members.message-role-is-documented"),
    ("is_done_with_messages", "Gives messages the status `done`.", ("message",), "status", "done",
     "item-members.message-status-is-documented"),
    ("thinks_in_phases",
     "Numbers the phase of messages.", ("message",), "phase", 1,
     "item-members.message-phase-is-documented"),
    ("reasons_without_summary", "Leaves `summary` out of reasoning items.", ("reasoning",), "summary",
     DROPPED, "item-members.reasoning-summary-is-an-array"),
    ("writes_reasoning_as_text", "Sends the content of a reasoning item as a string.", ("reasoning",),
     "content", "I thought.", "item-members.reasoning-content-is-documented"),
    ("numbers_encrypted_content", "Sends a number for `encrypted_content`.", ("reasoning",),
     "encrypted_content", 5, "item-members.reasoning-encrypted-content-is-documented"),
    ("is_done_with_calls", "Gives function calls the status `done`.", ("function_call",), "status", "done",
     "item-members.function-call-status-is-documented"),
    ("sends_the_caller_as_a_string", "Sends the caller of a function as a string.", ("function_call",),
     "caller", "model", "items.match-the-document"),
    ("ignores_include_of_encrypted_content",
     "Never sends `encrypted_content`, even when `include` asks for it.", ("reasoning",),
     "encrypted_content", DROPPED, "reasoning.encrypted-content-is-there-on-request"),
    ("summarises_without_a_request",
     "Sends a reasoning summary although the request does not ask for one.", ("reasoning",), "summary",
     [{"type": "summary_text", "text": "I thought."}], "reasoning.no-summary-without-a-request"),
)  # fmt: skip

PARTS: tuple[tuple[str, str, str, str, Any, str], ...] = (
    ("speaks_in_markdown",
     "Sends parts of a type that the API does not define.", "output_text", "type", "markdown",
     "item-members.message-parts-are-documented"),
    ("sends_text_null", "Sends null as the text of a message.", "output_text", "text", None,
     "item-members.output-text-is-a-string"),
    ("leaves_out_annotations", "Leaves `annotations` out of its text parts.", "output_text", "annotations",
     DROPPED, "item-members.annotations-are-an-array"),
    ("cites_without_an_address", "Leaves the URL out of its citations.", "output_text", "annotations",
     [{"type": "url_citation", "title": "The sea", "start_index": 0, "end_index": 1}],
     "item-members.annotations-are-complete"),
    ("cites_beyond_the_text",
     "Sends citations that end beyond the end of the text.", "output_text", "annotations",
     [{"type": "url_citation", "title": "The sea", "url": "https://example.com", "start_index": 0,
       "end_index": 100_000}], "text-parts.citations-lie-within-their-text"),
    ("forgets_the_logprobs", "Sends no log probabilities although the request asks for them.", "output_text",
     "logprobs", [], "text-parts.logprobs-come-on-request"),
    ("sends_logprobs_without_tokens", "Sends log probabilities without their tokens.",
     "output_text",
     "logprobs", [{"logprob": -0.5, "bytes": [65], "top_logprobs": []}],
      "item-members.logprobs-are-complete"),
    ("sends_a_refusal_without_text", "Sends null as the text of a refusal.", "refusal", "refusal", None,
     "item-members.refusals-are-strings"),
)  # fmt: skip

for _name, _sentence, _types, _path, _value, _caught_by in MEMBERS:
    add(SEAM, _name, _sentence, _caught_by, on_items(*_types, change=setting(_path, _value)))
for _name, _sentence, _kind, _path, _value, _caught_by in PARTS:
    add(SEAM, _name, _sentence, _caught_by, on_parts(_kind, setting(_path, _value)))


def _on_responses(change: Any) -> Any:
    return on_responses(lambda response, _call: change(response))


def _rename_types(response: Json) -> None:
    for item in items(response):
        item["type"] = "text_message"


def _send_an_image(response: Json) -> None:
    for item in items(response, "message"):
        item["content"].append({"type": "input_image", "detail": 100, "image_url": None})


def _go_on_after_the_incomplete(response: Json) -> None:
    if response["status"] == "incomplete":
        response["output"].append({**deepcopy(response["output"][-1]), "id": "msg_2", "status": "completed"})


def _end_with_reasoning(response: Json) -> None:
    response["output"].sort(key=lambda item: item["type"] == "reasoning")


def _drop_reasoning(response: Json) -> None:
    response["output"] = [item for item in response["output"] if item["type"] != "reasoning"]


def _exceed_the_alternatives(response: Json) -> None:
    for item in items(response, "message"):
        for entry in (logprob for part in item["content"] for logprob in part.get("logprobs", ())):
            entry["top_logprobs"] = [deepcopy(entry["top_logprobs"][0])] * 20


def _speak_beside_the_refusal(response: Json) -> None:
    for item in items(response, "message"):
        if item["content"] and item["content"][0]["type"] == "refusal":
            item["content"].append({"type": "output_text", "text": "{}", "annotations": [], "logprobs": []})


def _parse_for_the_client(response: Json) -> None:
    if response["text"]["format"]["type"] == "json_schema":
        response["output_parsed"] = {}
        response["output"] = []


def _lose_the_object(response: Json) -> None:
    if response["text"]["format"]["type"] == "json_schema" and response["status"] == "completed":
        response["output"] = []


WHOLE = (
    ("loses_structured_output", "Answers a schema with an empty `output` and the tokens of the text.",
     ("structured-output.the-result-is-an-ordinary-text",), _lose_the_object),
    ("calls_items_by_other_names", "Gives messages the item type `text_message`.",
     ("items.types-are-documented", "extensions.added-items-have-a-prefix"), _rename_types),
    ("sends_an_image_of_enormous_detail", "Adds an image whose `detail` is a number to messages.",
     ("items.match-the-document",), _send_an_image),
    ("goes_on_after_an_incomplete_item", "Sends another item after one that ended incomplete.",
     ("items.an-incomplete-item-is-the-last",), _go_on_after_the_incomplete),
    ("thinks_after_it_speaks", "Puts reasoning after the item that it led to.",
     ("reasoning.precedes-the-item-that-it-leads-to",), _end_with_reasoning),
    ("drops_reasoning", "Leaves reasoning items out of its output.",
     ("reasoning.counted-reasoning-is-in-the-output",), _drop_reasoning),
    ("offers_too_many_alternatives",
     "Sends twenty alternatives for every token, more than the request asks for.",
     ("text-parts.top-logprobs-limits-the-alternatives",), _exceed_the_alternatives),
    ("speaks_beside_its_refusal", "Sends a text part beside its refusal.",
     ("structured-output.a-refusal-replaces-the-text",), _speak_beside_the_refusal),
    ("parses_for_the_client", "Sends structured output in an extra member that the API does not have.",
     ("structured-output.the-result-is-an-ordinary-text",), _parse_for_the_client),
)  # fmt: skip

for _name, _sentence, _rules, _change in WHOLE:
    add(SEAM, _name, _sentence, _rules, _on_responses(_change))


@mutant(
    "body.completes-with-an-incomplete-item",
    caught_by="items.an-incomplete-item-makes-its-response-incomplete",
)
def completes_with_an_incomplete_item(body: Any) -> Any:
    """Reports a response as completed although its last item is incomplete."""
    if is_response(body) and body["status"] == "incomplete":
        body.update(status="completed", incomplete_details=None, completed_at=body["created_at"])
    return body


@mutant("body.thinks-without-effort", caught_by="reasoning.no-effort-no-reasoning")
def thinks_without_effort(body: Any, call: Call) -> Any:
    """Reasons although `reasoning.effort` is `none`."""
    details = (call.body or {}).get("reasoning") or {}
    if is_response(body) and details.get("effort") == "none":
        summary = [{"type": "summary_text", "text": "I thought."}]
        body["output"].insert(0, {"type": "reasoning", "id": "rs_1", "summary": summary})
    return body


@mutant("body.is-strict-by-default", caught_by="structured-output.strict-is-false-by-default")
def is_strict_by_default(body: Any) -> Any:
    """Reports `strict: true` for every `json_schema`."""
    if is_response(body) and body["text"]["format"]["type"] == "json_schema":
        body["text"]["format"]["strict"] = True
    return body


@mutant("body.leaves-the-reasoning-context-open", caught_by="reasoning.context-is-reported-as-in-force")
def leaves_the_reasoning_context_open(body: Any) -> Any:
    """Reports `auto` as the context of reasoning instead of the context that it used."""
    if is_response(body) and isinstance(body["reasoning"], dict) and "context" in body["reasoning"]:
        body["reasoning"]["context"] = "auto"
    return body


@mutant("body.numbers-items-anew-in-each-response", caught_by="items.ids-are-unique-in-a-run")
def numbers_items_anew_in_each_response(body: Any) -> Any:
    """Counts the items of each response from `item_0`."""
    if is_response(body):
        for index, item in enumerate(items(body)):
            item["id"] = f"item_{index}"
    return body


@mutant("body.loses-every-other-logprob", caught_by="text-parts.logprobs-join-to-the-text")
def loses_every_other_logprob(body: Any) -> Any:
    """Sends the log probabilities of every other token only."""
    for item in items(body, "message") if is_response(body) else ():
        for part in item["content"]:
            part["logprobs"] = part.get("logprobs", [])[::2]
    return body


def _empty_message(*content: Json) -> Any:
    """Puts a message before the calls of a response."""

    def mutate(body: Json, call: Call) -> Json:
        if is_response(body) and any(items(body, "function_call")):
            identity = f"msg_{body['id'].rpartition('_')[2][::-1]}"
            message = {"type": "message", "id": identity, "status": "completed", "role": "assistant"}
            body["output"] = [{**message, "content": deepcopy(list(content))}, *body["output"]]
        return body

    return mutate


EMPTY_TEXT = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
for _name, _sentence, _parts in (
    ("sends_a_message_of_nothing_beside_calls", "Puts a message without parts before a call.", ()),
    ("sends_an_empty_text_beside_calls", "Puts a message with an empty text before a call.", (EMPTY_TEXT,)),
):
    add(SEAM, _name, _sentence, "text-parts.a-message-says-something", _empty_message(*_parts))


def _without_texts(body: Json, call: Call) -> Json:
    """Moves the text of an answer in a format into a reasoning item."""
    text_format = (body.get("text") or {}).get("format") or {} if is_response(body) else {}
    messages = list(items(body, "message")) if text_format.get("type") == "json_schema" else []
    parts = [part for message in messages for part in message["content"] if "text" in part]
    if parts:
        thought = {"type": "reasoning_text", "text": parts[0]["text"]}
        identity = f"rs_{body['id'].rpartition('_')[2][::-1]}"
        reasoning = {"type": "reasoning", "id": identity, "summary": [], "content": [thought]}
        for part in parts:
            part["text"] = ""
        body["output"] = [reasoning, *body["output"]]
    return body


add(
    SEAM,
    "thinks_the_structured_answer",
    "Sends an answer in a format as reasoning, and a message without text.",
    "structured-output.text-follows-a-strict-schema",
    _without_texts,
)
add(
    SEAM,
    "sends_annotations_null",
    "Sends null for the annotations of a text.",
    "item-members.annotations-are-an-array",
    on_parts("output_text", setting("annotations", None)),
)
add(
    SEAM,
    "thinks_in_texts_of_answers",
    "Sends reasoning as parts of the type `output_text`.",
    "item-members.reasoning-content-is-documented",
    on_items("reasoning", change=setting("content", [EMPTY_TEXT | {"text": "I think."}])),
)
