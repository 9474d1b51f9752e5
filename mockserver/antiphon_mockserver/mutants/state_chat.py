"""Servers that take chats which they have to refuse, or the other way round, and that lose what was said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.errors import invalid
from antiphon_mockserver.knowledge.objects import DESCRIBING
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import forgiving
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Asked

FILE = "state_chat"
CREATE = "createCompletion"
HELLO = [{"role": "user", "content": "Hello."}]
OLD = ("include_citations", "force_search", "top_p", "max_tokens")

TAKES = (
    ("any_chat_model", "Takes any known model for a chat.", r"model$", "refuses-a-chat-with-another-model"),
    (
        "any_chat_role",
        "Takes chat messages of any role.",
        r"messages\[\d+\]\.role",
        "refuses-a-chat-with-an-unknown-role",
    ),
    (
        "any_chat_content",
        "Takes parts as the content of a chat message.",
        r"messages\[\d+\]\.content",
        "refuses-a-chat-with-parts",
    ),
    (
        "any_number_of_chat_collections",
        "Takes a chat about no collection, or about two.",
        r"collections$",
        "refuses-a-chat-about-no-collection refuses-a-chat-about-two-collections",
    ),
    (
        "any_chat_temperature",
        "Takes any temperature for a chat.",
        r"temperature",
        "refuses-a-chat-temperature-out-of-range",
    ),
    (
        "any_chat_operator",
        "Takes any operator in the filter of a chat.",
        r"filter",
        "refuses-a-chat-filter-with-another-operator",
    ),
)


def _right(asked: Asked) -> dict[str, Any]:
    """What can be answered in place of a wrong member."""
    collections = asked.library.collections if asked.library else ()
    described = next(one.id for one in collections if one.type in DESCRIBING)
    return {
        "model": "nimbus-001",
        "messages": HELLO,
        "collections": [described],
        "temperature": 1,
        "filter": {},
    }


def _taking(place: str) -> Callable[[Conduct], Conduct]:
    """All checks, but a wrong member at this place is replaced by a right one."""
    pattern = re.compile(place)

    def mend(asked: Asked, denied: Denied) -> bool:
        param = denied.param or ""
        if asked.operation != CREATE or not pattern.match(param):
            return False
        name = re.split(r"[.\[]", param)[0]
        cast("dict[str, Any]", asked.body)[name] = _right(asked)[name]
        return True

    return forgiving(mend)


for _name, _doc, _place, _rules in TAKES:
    add(
        FILE,
        f"lets_{_name}_pass",
        _doc,
        tuple(f"requests.{rule}" for rule in _rules.split()),
        _taking(_place),
    )


@mutant(caught_by="chat.what-is-required-is-required")
def fills_in_what_a_chat_lacks(conduct: Conduct) -> Conduct:
    """Answers a chat without messages as if something had been said."""

    def heed(asked: Asked) -> Mapping[str, Any]:
        body = conduct.heed(asked)
        return {"messages": HELLO, **body} if asked.operation == CREATE else body

    return replace(conduct, heed=heed)


@mutant(caught_by=("chat.a-collection-of-another-type-is-refused", "chat.an-unknown-collection-is-not-found"))
def chats_about_any_collection(conduct: Conduct) -> Conduct:
    """Answers from another collection when the one of a chat cannot be searched."""

    def knowledge(asked: Asked) -> None:
        try:
            conduct.checks["knowledge"](asked)
        except Denied:
            if asked.operation != CREATE:
                raise
            body = cast("dict[str, Any]", asked.body)
            body["collections"] = _right(asked)["collections"]

    return replace(conduct, checks={**conduct.checks, "knowledge": knowledge})


@mutant(caught_by="chat.members-of-earlier-releases-do-no-harm")
def refuses_members_of_earlier_releases(conduct: Conduct) -> Conduct:
    """Refuses a chat with a member that was taken out of the documentation."""

    def heed(asked: Asked) -> Mapping[str, Any]:
        for name in OLD:
            if asked.operation == CREATE and name in asked.body:
                raise invalid(f"Unknown parameter: '{name}'.", name)
        return conduct.heed(asked)

    return replace(conduct, heed=heed)


@mutant(caught_by="chat.a-chat-is-neither-streamed-nor-in-the-background")
def breaks_when_a_chat_is_to_be_streamed(conduct: Conduct) -> Conduct:
    """Answers 500 to a chat with `stream: true`."""

    def heed(asked: Asked) -> Mapping[str, Any]:
        if asked.operation == CREATE and asked.body.get("stream"):
            raise Denied("no such generator", status=500)
        return conduct.heed(asked)

    return replace(conduct, heed=heed)


@mutant(caught_by="chat.dates-bound-the-list-of-completions")
def lists_completions_of_any_day(conduct: Conduct) -> Conduct:
    """Ignores the dates that bound a list."""

    def select(items: Sequence[Any], query: Mapping[str, Any]) -> list[Any]:
        undated = {
            name: value for name, value in query.items() if not name.startswith(("created_", "added_"))
        }
        return conduct.select(items, undated)

    return replace(conduct, select=select)


@mutant(caught_by="chat.a-completion-is-listed")
def lists_the_older_completions_only(conduct: Conduct) -> Conduct:
    """Leaves the newest chat completions out of their list."""

    def select(items: Sequence[Any], query: Mapping[str, Any]) -> list[Any]:
        found = conduct.select(items, query)
        return [one for one in found if one.get("object") != "chat.completion"]

    return replace(conduct, select=select)
