"""What a chat completion says, at once or in chunks put together: choices, calls and tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.constants import CHAT
from antiphon_conformance.rules.reading.chat import CALLABLE, calls_of
from antiphon_conformance.rules.reading.output import equal_json, member, objects, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ChatCompletion

WHOLE_ENDS = ("tool_calls", "stop")
"""Why a choice ended whose calls are whole."""
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


@rule(
    "chat.a-completion-has-choices",
    ChatCompletion,
    cites="CHT-01",
    when=lambda completion: not completion.object.get("error"),
    needs="a chat completion that is no error",
)
def a_completion_has_choices(completion: ChatCompletion) -> Iterator[Finding]:
    """A chat completion has at least one choice."""
    if next(objects(completion.object.get("choices")), None) is None:
        actual = show(completion.object.get("choices", ABSENT))
        yield Finding(f"{completion.where}/choices", "an array with a choice", actual)


@rule(
    "chat.the-answer-is-the-assistants",
    ChatCompletion,
    cites=("CG-CHAT-13", "CHT-02"),
    when=lambda completion: bool(completion.object.get("choices")),
    needs="a chat completion",
)
def the_answer_is_the_assistants(completion: ChatCompletion) -> Iterator[Finding]:
    """The first choice has the index 0 and a message of the assistant.

    A filter may take the whole message away. Over a library the choice has an array of citations, too.
    """
    choice = next((choice for _, choice in objects(completion.object.get("choices"))), {})
    has_message = bool(choice.get("message")) or choice.get("finish_reason") != "content_filter"
    for path, expected in (("index", 0), *((("message/role", "assistant"),) if has_message else ())):
        actual = value_at(choice, *path.split("/"))
        if not equal_json(actual, expected):
            yield Finding(f"{completion.where}/choices/0/{path}", show(expected), show(actual))
    has_citations = completion.operation != CHAT
    if has_citations and not isinstance(choice.get("citations"), list):
        actual = show(choice.get("citations", ABSENT))
        yield Finding(f"{completion.where}/choices/0/citations", "an array", actual)


@rule(
    "chat.a-choice-says-why-it-ended",
    ChatCompletion,
    cites="CHT-03",
    when=lambda completion: completion.is_whole,
    needs="a chat completion that came to its end",
)
def a_choice_says_why_it_ended(completion: ChatCompletion) -> Iterator[Finding]:
    """Each choice has a `finish_reason`.

    The vendor's client for JavaScript raises an error at the end of a stream without it. Models of 2023 that
    read pictures have an object `finish_details` in its place.
    """
    for index, choice in objects(completion.object.get("choices")):
        reason = choice.get("finish_reason", ABSENT)
        details = member(choice, "finish_details", "type")
        if not any(isinstance(word, str) and word for word in (reason, details)):
            yield Finding(f"{completion.where}/choices/{index}/finish_reason", "a word", show(reason))


@rule(
    "chat.calls-are-whole",
    ChatCompletion,
    cites="CHT-04",
    when=lambda completion: completion.is_whole and any(calls_of(completion.object)),
    needs="a chat completion that calls a tool",
)
def calls_are_whole(completion: ChatCompletion) -> Iterator[Finding]:
    """A call has an id, a type, the name of its tool and what the model wrote for it.

    In a stream they come with the first piece of the call; the clients of the vendor raise errors otherwise.
    """
    for place, _, call in calls_of(completion.object):
        kind = call.get("type")
        named = (
            kind
            if isinstance(kind, str) and kind in CALLABLE
            else next((name for name in CALLABLE if name in call), "function")
        )
        for path in (("id",), ("type",), (named, "name"), (named, CALLABLE[named])):
            value = value_at(call, *path)
            is_text = isinstance(value, str) and (bool(value) or path[-1] == CALLABLE[named])
            if not is_text:
                yield Finding(f"{completion.where}/{place}/{'/'.join(path)}", "a text", show(value))


@rule(
    "chat.arguments-are-json",
    ChatCompletion,
    cites="CHT-05",
    when=lambda completion: completion.is_whole and any(calls_of(completion.object)),
    needs="a chat completion that calls a tool",
    reads={Part.TEXTS},
)
def arguments_are_json(completion: ChatCompletion) -> Iterator[Finding]:
    """The arguments of a call, in a stream joined, are the text of a JSON object."""
    for place, choice, call in calls_of(completion.object):
        arguments = member(call, "function", "arguments")
        if choice.get("finish_reason") not in WHOLE_ENDS or not isinstance(arguments, str):
            continue
        if not _is_object(arguments):
            where = f"{completion.where}/{place}/function/arguments"
            yield Finding(where, "the text of a JSON object", show(arguments))


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@rule(
    "chat.usage-adds-up",
    ChatCompletion,
    cites="CHT-06",
    when=lambda completion: isinstance(completion.object.get("usage"), dict),
    needs="a chat completion with usage",
)
def usage_adds_up(completion: ChatCompletion) -> Iterator[Finding]:
    """The total of tokens is a number no less than those of prompt and completion together.

    Some vendors count what the model thinks in the total alone.
    """
    usage = completion.object["usage"]
    values = [usage.get(name, ABSENT) for name in COUNTS]
    for name, value in zip(COUNTS, values, strict=True):
        if type(value) is not int or value < 0:
            yield Finding(f"{completion.where}/usage/{name}", "a number of tokens", show(value))
            return
    prompt, answer, total = values
    if total < prompt + answer:
        where = f"{completion.where}/usage/total_tokens"
        yield Finding(where, f"{prompt} + {answer} or more", show(total))
