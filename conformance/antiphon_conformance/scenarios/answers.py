"""What the answer to a step says: that a response runs in the background, is stored, or cannot be."""

from __future__ import annotations

import re

from antiphon_conformance.http.exchange import Exchange, MissingStepError
from antiphon_conformance.http.reply import message_of
from antiphon_conformance.http.text import safe
from antiphon_conformance.requests.signs import WORKING
from antiphon_conformance.rules.reading.output import member

STORAGE = re.compile(r"\bstor(?:e|age|ing)\b", re.IGNORECASE)
"""Words of an error that is about `store`."""


def is_in_background(exchange: Exchange) -> bool:
    """Whether a create was answered by a response that still runs, or that says it ran in the background."""
    try:
        response = exchange.response
    except MissingStepError:
        return False
    is_running = exchange.answer.stream is None and response.get("status") in WORKING
    return is_running or response.get("background") is True


def stores(exchange: Exchange, identity: str) -> bool:
    """Whether an answer created the response of this id, and its request does not forbid to store it."""
    try:
        response = exchange.response
    except MissingStepError:
        return False
    return response.get("id") == identity and exchange.request.fields.get("store") is not False


def rejects_storage(exchange: Exchange) -> bool:
    """Whether a create was rejected because its `store` is true, so that the target keeps no responses."""
    if exchange.reply is None or not 400 <= exchange.reply.status < 500:
        return False
    param = member(exchange.reply.fields, "error", "param")
    is_about_storage = param == "store" or STORAGE.search(message_of(exchange.reply)) is not None
    return exchange.request.fields.get("store") is True and is_about_storage


def keeps_nothing(exchange: Exchange) -> bool:
    """Whether an answer says that its response is not stored, although its request does not forbid it."""
    try:
        return exchange.request.fields.get("store") is not False and exchange.response.get("store") is False
    except MissingStepError:
        return False


def describe_error(exchange: Exchange) -> str:
    """The status of an answer and what its error says."""
    error = exchange.answer.fields.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    text = f"answered {exchange.answer.status}"
    return f"{text}: {safe(message, 160)}" if isinstance(message, str) else text
