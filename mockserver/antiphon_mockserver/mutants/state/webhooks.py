"""Servers whose webhooks are lost, wrong or unsigned."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour import webhooks
from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant

Headers = dict[str, str]
SIGNED = "webhooks.are-signed-with-the-secret"
NAMES = "webhooks.name-the-response-that-ended"


def _with(behaviour: Behaviour, **decisions: Any) -> Behaviour:
    return replace(behaviour, webhooks=replace(behaviour.webhooks, **decisions))


@mutant("state.tells-nobody-of-a-cancel", caught_by="webhooks.tell-each-end")
def tells_nobody_of_a_cancel(behaviour: Behaviour) -> Behaviour:
    """Sends no webhook about a response that was cancelled."""

    def tells(response: Mapping[str, Any]) -> bool:
        return webhooks.tells(response) and response["status"] != "cancelled"

    return _with(behaviour, tells=tells)


@mutant("state.tells-of-the-end-too-early", caught_by="webhooks.come-when-the-response-has-ended")
def tells_of_the_end_too_early(behaviour: Behaviour) -> Behaviour:
    """Sends the webhook before the stored response has ended."""
    return _with(behaviour, end=lambda record, _last: record)


@mutant("state.tells-once", caught_by="webhooks.are-tried-again-after-an-error")
def tells_once(behaviour: Behaviour) -> Behaviour:
    """Drops a webhook that was answered with an error."""
    return _with(behaviour, pauses=lambda _virtual: ())


@mutant("state.numbers-its-tries", caught_by="webhooks.have-one-id-in-all-tries")
def numbers_its_tries(behaviour: Behaviour) -> Behaviour:
    """Gives each try of a webhook another `webhook-id`."""

    def message_id(event_id: str, address: int, attempt: int) -> str:
        return f"{webhooks.message_id(event_id, address, attempt)}-{attempt}"

    return _with(behaviour, message_id=message_id)


@mutant("state.gives-all-webhooks-one-id", caught_by="webhooks.have-an-id-of-their-own")
def gives_all_webhooks_one_id(behaviour: Behaviour) -> Behaviour:
    """Gives the webhooks about all responses the same `webhook-id`."""
    return _with(behaviour, message_id=lambda _event_id, _address, _attempt: "wh_1")


EVENTS: tuple[tuple[str, str, str, Callable[[dict[str, Any]], Any]], ...] = (
    ("tells_completion_of_every_end", "Tells every end as `response.completed`.",
     "webhooks.say-how-the-response-ended", lambda event: event.update(type="response.completed")),
    ("names_no_response_in_webhooks", "Puts the id of the response beside `data`, not into it.", NAMES,
     lambda event: event.update(data={}, response_id=event["data"]["id"])),
    ("sends_texts_as_dates_of_webhooks", "Sends `created_at` of a webhook as a text.", NAMES,
     lambda event: event.update(created_at=str(event["created_at"]))),
    ("sends_webhooks_without_an_event_id", "Leaves `id` out of a webhook.", NAMES,
     lambda event: event.pop("id")),
)  # fmt: skip


def _telling(change: Callable[[dict[str, Any]], Any]) -> Callable[[Behaviour], Behaviour]:
    def mutate(behaviour: Behaviour) -> Behaviour:
        def event(response: Mapping[str, Any], moment: int) -> dict[str, Any]:
            content = webhooks.event(response, moment)
            change(content)
            return content

        return _with(behaviour, event=event)

    return mutate


for _name, _sentence, _caught_by, _change in EVENTS:
    add("state", _name, _sentence, _caught_by, _telling(_change))


def _unsigned(headers: Headers, _key: bytes, _body: bytes) -> None:
    del headers["webhook-signature"]


def _signed_with_the_text(headers: Headers, key: bytes, body: bytes) -> None:
    text = base64.b64encode(key)
    headers["webhook-signature"] = webhooks.sign(
        text, headers["webhook-id"], headers["webhook-timestamp"], body
    )


def _signed_without_the_time(headers: Headers, key: bytes, body: bytes) -> None:
    headers["webhook-signature"] = webhooks.sign(key, headers["webhook-id"], "", body)


def _in_milliseconds(headers: Headers, key: bytes, body: bytes) -> None:
    _at(headers, key, body, f"{headers['webhook-timestamp']}000")


def _at_the_beginning(headers: Headers, key: bytes, body: bytes) -> None:
    _at(headers, key, body, str(int(headers["webhook-timestamp"]) - 3600))


def _at(headers: Headers, key: bytes, body: bytes, timestamp: str) -> None:
    headers["webhook-timestamp"] = timestamp
    headers["webhook-signature"] = webhooks.sign(key, headers["webhook-id"], timestamp, body)


HEADERS: tuple[tuple[str, str, str, Callable[[Headers, bytes, bytes], None]], ...] = (
    ("sends_unsigned_webhooks", "Leaves `webhook-signature` out.", SIGNED, _unsigned),
    ("signs_with_the_text_of_the_secret", "Signs webhooks with the base64 text of the secret.", SIGNED,
     _signed_with_the_text),
    ("signs_without_the_time", "Leaves the time out of what it signs.", SIGNED, _signed_without_the_time),
    ("dates_webhooks_in_milliseconds", "Sends `webhook-timestamp` in milliseconds.",
     "webhooks.have-the-time-of-the-try", _in_milliseconds),
    ("dates_webhooks_long_before", "Sends a `webhook-timestamp` of an hour ago.",
     "webhooks.have-the-time-of-the-try", _at_the_beginning),
)  # fmt: skip


def _signing(change: Callable[[Headers, bytes, bytes], None]) -> Callable[[Behaviour], Behaviour]:
    def mutate(behaviour: Behaviour) -> Behaviour:
        def headers(key: bytes, webhook_id: str, moment: float, body: bytes) -> Headers:
            content = webhooks.headers(key, webhook_id, moment, body)
            change(content, key, body)
            return content

        return _with(behaviour, headers=headers)

    return mutate


for _title, _statement, _rule, _edit in HEADERS:
    add("state", _title, _statement, _rule, _signing(_edit))
