"""Servers that accept wrong chats, reject valid ones, or lose messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import forgiving
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.video_library.objects import DESCRIBING

SEAM = "state"
CREATE = "createCompletion"
HELLO = [{"role": "user", "content": "Hello."}]
OLD = ("include_citations", "force_search", "top_p", "max_tokens")

ACCEPTS = (
    ("any_chat_model", "Accepts any known model for a chat.", r"model$", "rejects-a-chat-with-another-model"),
    (
        "any_chat_role",
        "Accepts chat messages of any role.",
        r"messages\[\d+\]\.role",
        "rejects-a-chat-with-an-unknown-role",
    ),
    (
        "any_chat_content",
        "Accepts parts as the content of a chat message.",
        r"messages\[\d+\]\.content",
        "rejects-a-chat-with-parts",
    ),
    (
        "any_number_of_chat_collections",
        "Accepts a chat with no collection or with two.",
        r"collections$",
        "rejects-a-chat-about-no-collection rejects-a-chat-about-two-collections",
    ),
    (
        "any_chat_temperature",
        "Accepts any temperature for a chat.",
        r"temperature",
        "rejects-a-chat-temperature-out-of-range",
    ),
    (
        "any_chat_operator",
        "Accepts any operator in the filter of a chat.",
        r"filter",
        "rejects-a-chat-filter-with-another-operator",
    ),
)


def _right(details: RequestDetails) -> dict[str, Any]:
    """Valid members that can replace wrong ones."""
    collections = details.library.collections if details.library else ()
    collection = next(entry.id for entry in collections if entry.type in DESCRIBING)
    return {
        "model": "nimbus-001",
        "messages": HELLO,
        "collections": [collection],
        "temperature": 1,
        "filter": {},
    }


def _accepting(place: str) -> Callable[[Behaviour], Behaviour]:
    """Replaces a wrong member at this place by a valid one instead of rejecting it."""
    pattern = re.compile(place)

    def mend(details: RequestDetails, error: ApiError) -> bool:
        param = error.param or ""
        if details.operation != CREATE or not pattern.match(param):
            return False
        name = re.split(r"[.\[]", param)[0]
        cast("dict[str, Any]", details.body)[name] = _right(details)[name]
        return True

    return forgiving(mend)


for _name, _doc, _place, _rules in ACCEPTS:
    add(
        SEAM,
        f"accepts_{_name}",
        _doc,
        tuple(f"requests.{rule}" for rule in _rules.split()),
        _accepting(_place),
    )


@mutant("state.fills-in-what-a-chat-lacks", caught_by="chat.required-members-are-required")
def fills_in_what_a_chat_lacks(behaviour: Behaviour) -> Behaviour:
    """Answers a chat that sends no messages."""

    def ignore_unknown(details: RequestDetails) -> Mapping[str, Any]:
        body = behaviour.requests.ignore_unknown(details)
        return {"messages": HELLO, **body} if details.operation == CREATE else body

    return replace(behaviour, requests=replace(behaviour.requests, ignore_unknown=ignore_unknown))


@mutant(
    "state.searches-any-collection-in-a-chat",
    caught_by=("chat.a-collection-of-entities-is-rejected", "chat.an-unknown-collection-is-not-found"),
)
def searches_any_collection_in_a_chat(behaviour: Behaviour) -> Behaviour:
    """Searches a different collection when the one of a chat cannot be searched."""

    def knowledge(details: RequestDetails) -> None:
        try:
            behaviour.requests.checks["knowledge"](details)
        except ApiError:
            if details.operation != CREATE:
                raise
            body = cast("dict[str, Any]", details.body)
            body["collections"] = _right(details)["collections"]

    return replace(
        behaviour,
        requests=replace(behaviour.requests, checks={**behaviour.requests.checks, "knowledge": knowledge}),
    )


@mutant("state.rejects-members-of-earlier-releases", caught_by="chat.members-of-earlier-releases-are-ignored")
def rejects_members_of_earlier_releases(behaviour: Behaviour) -> Behaviour:
    """Rejects a chat with a member that only older documentation has."""

    def ignore_unknown(details: RequestDetails) -> Mapping[str, Any]:
        for name in OLD:
            if details.operation == CREATE and name in details.body:
                raise invalid(f"Unknown parameter: '{name}'.", name)
        return behaviour.requests.ignore_unknown(details)

    return replace(behaviour, requests=replace(behaviour.requests, ignore_unknown=ignore_unknown))


@mutant(
    "state.breaks-when-a-chat-is-to-be-streamed",
    caught_by="chat.a-chat-is-neither-streamed-nor-in-the-background",
)
def breaks_when_a_chat_is_to_be_streamed(behaviour: Behaviour) -> Behaviour:
    """Answers 500 to a chat with `stream: true`."""

    def ignore_unknown(details: RequestDetails) -> Mapping[str, Any]:
        if details.operation == CREATE and details.body.get("stream"):
            raise ApiError("no such generator", status=500)
        return behaviour.requests.ignore_unknown(details)

    return replace(behaviour, requests=replace(behaviour.requests, ignore_unknown=ignore_unknown))


@mutant("state.lists-completions-of-any-day", caught_by="chat.dates-bound-the-list-of-completions")
def lists_completions_of_any_day(behaviour: Behaviour) -> Behaviour:
    """Ignores the dates that limit a list of chat completions."""

    def select(items: Sequence[Any], query: Mapping[str, Any]) -> list[Any]:
        rest = {name: value for name, value in query.items() if not name.startswith(("created_", "added_"))}
        return behaviour.lists.select(items, rest)

    return replace(behaviour, lists=replace(behaviour.lists, select=select))


@mutant("state.lists-the-older-completions-only", caught_by="chat.a-completion-is-listed")
def lists_the_older_completions_only(behaviour: Behaviour) -> Behaviour:
    """Leaves the newest chat completion out of the list."""

    def select(items: Sequence[Any], query: Mapping[str, Any]) -> list[Any]:
        entries = behaviour.lists.select(items, query)
        return [entry for entry in entries if entry.get("object") != "chat.completion"]

    return replace(behaviour, lists=replace(behaviour.lists, select=select))
