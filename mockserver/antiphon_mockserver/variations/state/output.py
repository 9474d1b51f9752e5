"""Models that answer with other items, parts or counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.model import message, with_logprobs
from antiphon_mockserver.response.plan import Context, Plan
from antiphon_mockserver.variations import DOCUMENTS, ITEMS, variation
from antiphon_mockserver.variations.edits import Json, accepting_back, on_final, on_plan, output


def _is_free(plan: Plan, context: Context) -> bool:
    """Whether the answer is whole text, in no format that the request prescribes."""
    form = (context.request.get("text") or {}).get("format") or {}
    return plan.status == "completed" and form.get("type", "text") == "text"


def _thinking(summary: list[Json]) -> Any:
    def think(plan: Plan, context: Context) -> Plan:
        effort = (context.request.get("reasoning") or {}).get("effort")
        if (
            effort == "none"
            or not plan.items
            or any(item["type"] in ("reasoning", "compaction") for item in plan.items)
        ):
            return plan
        item = {"type": "reasoning", "summary": summary}
        return replace(
            plan,
            items=(item, *plan.items),
            output_tokens=plan.output_tokens,
            reasoning_tokens=min(plan.output_tokens, 1),
        )

    return on_plan(think)


@variation("state.thinks-before-every-answer", fits=("openresponses",))
def thinks_before_every_answer(behaviour: Behaviour) -> Behaviour:
    """Puts a reasoning item with a summary before every output.

    A reasoning model thinks whether or not the request has `reasoning`.
    """
    summary = [{"type": "summary_text", "text": "The user wants an answer."}]
    varied: Behaviour = _thinking(summary)(behaviour)
    return varied


@variation("state.thinks-without-summary", fits=DOCUMENTS)
def thinks_without_summary(behaviour: Behaviour) -> Behaviour:
    """Puts a reasoning item with an empty summary before every output.

    The summary may be empty: the schema requires the list, and no entry.
    """
    varied: Behaviour = _thinking([])(behaviour)
    return varied


@variation("state.summarizes-nothing", fits=DOCUMENTS)
def summarizes_nothing(behaviour: Behaviour) -> Behaviour:
    """Sends reasoning items with an empty summary, also when the request asks for one.

    OpenAI's guide: a summary is not guaranteed; the list may be empty.
    """

    def forget(plan: Plan, _context: Context) -> Plan:
        items = tuple({**item, "summary": []} if item["type"] == "reasoning" else item for item in plan.items)
        return replace(plan, items=items)

    return on_plan(forget)(behaviour)


@variation("state.forgets-now-and-then", fits=DOCUMENTS)
def forgets_now_and_then(behaviour: Behaviour) -> Behaviour:
    """Does not know a code word that a stored turn told, the first time that it is asked for it.

    A model says what it says: asked again, it may remember.
    """
    asked: set[str] = set()

    def forget(plan: Plan, context: Context) -> Plan:
        question = str(
            [context.request.get(name) for name in ("input", "previous_response_id", "conversation")]
        )
        is_about_the_past = "code word?" in question and context.request.get("store") is not False
        if not is_about_the_past or question in asked or not _is_free(plan, context):
            return plan
        asked.add(question)
        return replace(plan, items=(message("I do not remember."),))

    return on_plan(forget)(behaviour)


@variation("state.ends-exactly-at-the-limit", fits=ITEMS)
def ends_exactly_at_the_limit(behaviour: Behaviour) -> Behaviour:
    """Ends an answer by itself with the very last token of `max_output_tokens`.

    The answer is whole, so its status is `completed`.
    """

    def spend(plan: Plan, context: Context) -> Plan:
        limit = context.request.get("max_output_tokens")
        return replace(plan, output_tokens=limit) if limit and plan.status == "completed" else plan

    return on_plan(spend)(behaviour)


@variation("state.sends-several-messages", fits=ITEMS)
def sends_several_messages(behaviour: Behaviour) -> Behaviour:
    """Sends a message of comment before the messages of an answer in free text.

    `output` is a list of items, and no document limits how many messages it has.
    """

    def comment(plan: Plan, context: Context) -> Plan:
        if not _is_free(plan, context) or not any(item["type"] == "message" for item in plan.items):
            return plan
        place = next(index for index, item in enumerate(plan.items) if item["type"] == "message")
        extra = with_logprobs((message("Let me see."),), context)
        return replace(plan, items=(*plan.items[:place], *extra, *plan.items[place:]))

    return on_plan(comment)(behaviour)


@variation("state.comments-before-calls", fits=ITEMS)
def comments_before_calls(behaviour: Behaviour) -> Behaviour:
    """Sends a message before the calls of tools.

    `output` is a list of items; a model may say what it is about to do.
    """

    def comment(plan: Plan, context: Context) -> Plan:
        kinds = {item["type"] for item in plan.items}
        if not _is_free(plan, context) or not kinds & {"function_call", "custom_tool_call"}:
            return plan
        return plan if "message" in kinds else replace(plan, items=(message("One moment."), *plan.items))

    return on_plan(comment)(behaviour)


@variation("state.calls-in-another-order", fits=ITEMS)
def calls_in_another_order(behaviour: Behaviour) -> Behaviour:
    """Makes the parallel calls of a response in the opposite order.

    Parallel calls have no order: each output names its call.
    """

    def reverse(plan: Plan, _context: Context) -> Plan:
        if len(plan.items) < 2 or any(item["type"] != "function_call" for item in plan.items):
            return plan
        return replace(plan, items=tuple(reversed(plan.items)))

    return on_plan(reverse)(behaviour)


@variation("state.adds-a-refusal-part", fits=DOCUMENTS)
def adds_a_refusal_part(behaviour: Behaviour) -> Behaviour:
    """Adds a part of the type `refusal` to messages in free text.

    The content of a message is a list of parts of both types.
    """

    def refuse(plan: Plan, context: Context) -> Plan:
        if not _is_free(plan, context):
            return plan
        part = {"type": "refusal", "refusal": "I cannot help with the rest."}
        return replace(plan, items=tuple(_with_part(item, part) for item in plan.items))

    return on_plan(refuse)(behaviour)


@variation("state.refuses-everything", fits=DOCUMENTS)
def refuses_everything(behaviour: Behaviour) -> Behaviour:
    """Refuses to answer: every message has one part, a refusal.

    A model may refuse any prompt, also when the request prescribes a format.
    """

    def refuse(plan: Plan, _context: Context) -> Plan:
        part = {"type": "refusal", "refusal": "I cannot help with that."}
        items = tuple(
            {**item, "content": [part]} if item["type"] == "message" else item for item in plan.items
        )
        return replace(plan, items=items)

    return on_plan(refuse)(behaviour)


@variation("state.cuts-a-text-into-parts", fits=DOCUMENTS)
def cuts_a_text_into_parts(behaviour: Behaviour) -> Behaviour:
    """Sends the text of a message in free text as two parts.

    The content of a message is a list; SDKs join the texts of its parts.
    """

    def cut(response: Json, context: Context) -> None:
        if (response.get("text") or {}).get("format", {}).get("type", "text") != "text":
            return
        for item in output(response):
            if item["type"] == "message" and len(item["content"]) == 1:
                _cut_at_a_space(item)

    return on_final(cut)(behaviour)


def _cut_at_a_space(item: Json) -> None:
    (part,) = item["content"]
    text = part.get("text", "")
    place = text.find(" ")
    if place > 0 and not part.get("logprobs") and not part.get("annotations"):
        item["content"] = [{**part, "text": text[:place]}, {**part, "text": text[place:]}]


def _with_part(item: Json, part: Json) -> Json:
    return {**item, "content": [*item["content"], part]} if item["type"] == "message" else item


def _adding(kind: str) -> Any:
    def add(response: Json, _context: Context) -> None:
        if response["status"] == "completed" and response["output"]:
            shared = response["id"].rpartition("_")[2]
            response["output"].append(
                {"type": kind, "id": f"mn_{shared}", "status": "completed", "note": "The user is kind."}
            )

    def without_ours(item: Json) -> Json | None:
        return None if item.get("type") == kind else item

    return lambda behaviour: accepting_back(on_final(add)(behaviour), without_ours)


@variation("state.adds-a-newer-item", fits=("openai",))
def adds_a_newer_item(behaviour: Behaviour) -> Behaviour:
    """Adds an item of a type that is newer than our document.

    OpenAI adds types of items; clients pass over those that they do not know.
    """
    varied: Behaviour = _adding("memory_note")(behaviour)
    return varied


@variation("state.adds-an-item-of-its-own", fits=DOCUMENTS)
def adds_an_item_of_its_own(behaviour: Behaviour) -> Behaviour:
    """Adds an item whose type has the prefix of a provider.

    Open Responses, Extending items: the type has the slug of the implementor as prefix.
    """
    varied: Behaviour = _adding("acme:memory_note")(behaviour)
    return varied


@variation("state.phrases-in-phases", fits=("openai",))
def phrases_in_phases(behaviour: Behaviour) -> Behaviour:
    """Gives messages a `phase` that is newer than our document.

    OpenAI calls new values of such members a compatible change.
    """

    def phase(response: Json, _context: Context) -> None:
        for item in output(response):
            if item["type"] == "message":
                item["phase"] = "afterthought"

    return accepting_back(
        on_final(phase)(behaviour), lambda item: {name: item[name] for name in item if name != "phase"}
    )


@variation("state.counts-letters-and-a-hidden-prompt", fits=ITEMS)
def counts_letters_and_a_hidden_prompt(behaviour: Behaviour) -> Behaviour:
    """Counts about a token for each letter, and a prompt of its own with every request.

    No document says how a text is cut into tokens; what a service adds to the input, its model reads, too.
    """

    def count(tokens: int) -> int:
        return 3 * tokens + 400

    right = behaviour.model
    model = replace(
        right,
        plan=lambda context: _recount(right.plan(context), count),
        count_tokens=lambda context: count(right.count_tokens(context)),
        compact=lambda *arguments: _recount_compaction(right.compact(*arguments), count),
    )
    return replace(behaviour, model=model)


def _recount(plan: Plan, count: Callable[[int], int]) -> Plan:
    return replace(plan, input_tokens=count(plan.input_tokens))


def _recount_compaction(compaction: Json, count: Callable[[int], int]) -> Json:
    usage = compaction["usage"]
    tokens = count(usage["input_tokens"])
    total = tokens + usage["output_tokens"]
    return {**compaction, "usage": {**usage, "input_tokens": tokens, "total_tokens": total}}
