"""Chat completions with wrong or missing members."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]
CREATE, READ, LIST = "createCompletion", "getCompletion", "listCompletions"


@mutant("body.dates-a-chat-in-seconds", caught_by="chat.created-at-counts-milliseconds")
def dates_a_chat_in_seconds(body: Body, call: Call) -> Body:
    """Sends `created_at` of a chat completion in seconds."""
    if call.operation == CREATE:
        body["created_at"] //= 1000
    return body


@mutant("body.answers-a-chat-as-the-user", caught_by="chat.the-answer-is-the-assistants")
def answers_a_chat_as_the_user(body: Body, call: Call) -> Body:
    """Gives its own chat message the role `user`."""
    if call.operation == CREATE:
        body["choices"][0]["message"]["role"] = "user"
    return body


@mutant("body.counts-choices-from-one", caught_by="chat.the-answer-is-the-assistants")
def counts_choices_from_one(body: Body, call: Call) -> Body:
    """Gives the first choice of a chat the index 1."""
    if call.operation == CREATE:
        body["choices"][0]["index"] = 1
    return body


@mutant("body.cites-nothing-in-a-chat", caught_by="chat.the-answer-is-the-assistants")
def cites_nothing_in_a_chat(body: Body, call: Call) -> Body:
    """Leaves the citations out of a chat."""
    if call.operation == CREATE:
        del body["choices"][0]["citations"]
    return body


@mutant("body.forgets-the-filter-of-a-chat", caught_by="chat.the-payload-repeats-the-request")
def forgets_the_filter_of_a_chat(body: Body, call: Call) -> Body:
    """Repeats an empty filter, whatever filter the request sends."""
    if call.operation == CREATE:
        body["payload"]["filter"] = {}
    return body


@mutant("body.echoes-the-last-message-only", caught_by="chat.the-payload-repeats-the-request")
def echoes_the_last_message_only(body: Body, call: Call) -> Body:
    """Repeats only the last message of a chat."""
    if call.operation == CREATE:
        body["payload"]["messages"] = body["payload"]["messages"][-1:]
    return body


@mutant("body.reports-a-default-temperature-of-one", caught_by="chat.the-payload-has-the-default-temperature")
def reports_a_default_temperature_of_one(body: Body, call: Call) -> Body:
    """Reports a temperature of 1 for a chat that did not set one."""
    if call.operation == CREATE and "temperature" not in call.body:
        body["payload"]["temperature"] = 1
    return body


@mutant("body.forgets-the-citations-of-a-chat", caught_by="chat.a-completion-can-be-read-again")
def forgets_the_citations_of_a_chat(body: Body, call: Call) -> Body:
    """Sends no citations when a client retrieves a chat completion."""
    if call.operation == READ:
        body["choices"][0]["citations"] = []
    return body


@mutant("body.lists-fifty-completions", caught_by="chat.a-page-of-completions-has-its-size")
def lists_fifty_completions(body: Body, call: Call) -> Body:
    """Reports a default limit of 50 for a list of chat completions."""
    if call.operation == LIST and "limit" not in call.query:
        body["limit"] = 50
    return body
