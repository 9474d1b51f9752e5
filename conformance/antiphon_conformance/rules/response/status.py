"""The status of a response, and the members that must agree with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import (
    member,
    number,
    parse_json,
    stops_midway,
    value_at,
)
from antiphon_conformance.rules.reading.schema_faults import lacks_required
from antiphon_conformance.rules.response.members import OPEN
from antiphon_conformance.rules.response.usage import tokens_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ResponseObject
from antiphon_spec.dialect import Dialect

HALF_A_SENTENCE = re.compile(r".*(,|\b(a|an|and|the|of|to|with|for|or|is|are|that|which|by)) *", re.S | re.I)
"""A text that ends in a comma, or in an English word that ends no sentence."""
SERVER_SKEW = 5
"""Seconds by which the clocks of two machines of one server may differ."""
USUAL = ("completed", "failed", "in_progress", "cancelled", "queued", "incomplete")


@cache
def _statuses(dialect: Dialect) -> tuple[str, ...]:
    """The statuses that the document lists or, where it lists none, those that its prose mentions."""
    document = dialect.document
    response = document.operations[dialect.create_operation].answer_schema("200")
    return tuple(document.resolve(document.pointer(f"{response}/properties/status")).get("enum", USUAL))


def _has_status(response: ResponseObject) -> bool:
    return not lacks_required(response, "status")


@rule(
    "response-status.status-is-documented",
    ResponseObject,
    cites=("RES-12", "RES-13", "CG-RSP-04", "BUD-RSP-04"),
    when=_has_status,
)
def status_is_documented(response: ResponseObject) -> Iterator[Finding]:
    """The status of a response is one that the document lists.

    With a status of an older API, such as `requires_action`, a client waits forever.
    """
    statuses = _statuses(response.dialect)
    if response.object.get("status") not in statuses:
        actual = show(response.object.get("status", ABSENT))
        yield Finding(f"{response.where}/status", f"one of {', '.join(statuses)}", actual)


def _answers_a_blocking_create(response: ResponseObject) -> bool:
    at_once = (
        response.creation
        and response.kind == "body"
        and response.request_fields.get("background") is not True
    )
    return at_once and "status" in response.object


@rule(
    "response-status.a-blocking-create-returns-an-ended-response",
    ResponseObject,
    cites="RES-14",
    when=_answers_a_blocking_create,
)
def a_blocking_create_returns_an_ended_response(response: ResponseObject) -> Iterator[Finding]:
    """The answer to a create without `background` and `stream` holds a response that has ended."""
    if not response.is_final:
        yield Finding(f"{response.where}/status", "completed, incomplete or failed", show(response.status))


def _failed(response: ResponseObject) -> bool:
    return bool(response.status == "failed")


def _completed(response: ResponseObject) -> bool:
    return bool(response.status == "completed")


def _has_status_and_error(response: ResponseObject) -> bool:
    """Another rule reports an absent `status` or `error`."""
    return isinstance(response.status, str) and "error" in response.object


@rule(
    "response-status.only-failed-has-an-error", ResponseObject, cites="CG-RSP-11", when=_has_status_and_error
)
def only_failed_has_an_error(response: ResponseObject) -> Iterator[Finding]:
    """`error` is an object in a failed response and null, not an empty object, in any other."""
    error = response.object["error"]
    if _failed(response) and error is None:
        yield Finding(f"{response.where}/error", "an error object, because the response failed", "null")
    if not _failed(response) and error is not None:
        yield Finding(f"{response.where}/error", "null, because the response did not fail", show(error))


def _incomplete(response: ResponseObject) -> bool:
    return bool(response.status == "incomplete")


@rule(
    "response-status.failed-has-an-error",
    ResponseObject,
    cites=("RES-15", "BUD-SSE-16"),
    when=_failed,
    needs="a response that failed",
)
def failed_has_an_error(response: ResponseObject) -> Iterator[Finding]:
    """The `error` of a failed response is an object."""
    if not isinstance(response.object.get("error"), dict):
        yield Finding(
            f"{response.where}/error", "an error object", show(response.object.get("error", ABSENT))
        )


@rule("response-status.completed-has-no-error", ResponseObject, cites="RES-15", when=_completed)
def completed_has_no_error(response: ResponseObject) -> Iterator[Finding]:
    """The `error` of a completed response is null."""
    if response.object.get("error") is not None:
        yield Finding(f"{response.where}/error", "null", show(response.object["error"]))


@rule(
    "response-status.incomplete-has-a-reason",
    ResponseObject,
    cites="RES-18",
    when=_incomplete,
    needs="a response that ended incomplete",
)
def incomplete_has_a_reason(response: ResponseObject) -> Iterator[Finding]:
    """An incomplete response has its reason in `incomplete_details.reason`."""
    reason = value_at(response.object, "incomplete_details", "reason")
    if not isinstance(reason, str) or not reason:
        yield Finding(
            f"{response.where}/incomplete_details/reason", "a string that is not empty", show(reason)
        )


@rule(
    "response-status.only-incomplete-has-a-reason",
    ResponseObject,
    cites="RES-18",
    when=lambda response: response.status in ("completed", "in_progress", "queued"),
)
def only_incomplete_has_a_reason(response: ResponseObject) -> Iterator[Finding]:
    """`incomplete_details` is null in a response that is completed or under way.

    A response that failed or was cancelled is not whole either, and may say why.
    """
    details = response.object.get("incomplete_details")
    if details is not None:
        yield Finding(f"{response.where}/incomplete_details", "null", show(details))


@rule(
    "response-status.only-completed-has-completed-at",
    ResponseObject,
    cites=("RES-10", "RES-66"),
    when=lambda response: _is_not_completed(response),
)
def only_completed_has_completed_at(response: ResponseObject) -> Iterator[Finding]:
    """`completed_at` is null while a response is under way, and at OpenAI when it was cut.

    OpenAI sets it only when the status is `completed`; Open Responses leaves open whether a cut response is.
    """
    completed_at = response.object.get("completed_at")
    if completed_at is not None:
        yield Finding(f"{response.where}/completed_at", "null", show(completed_at))


def _is_not_completed(response: ResponseObject) -> bool:
    is_cut = response.status == "incomplete" and response.dialect.resolve("RES-10") is not None
    return is_cut or response.status in ("queued", "in_progress")


def _completed_with_time(response: ResponseObject) -> bool:
    """Another rule reports an absent `completed_at`."""
    return _completed(response) and "completed_at" in response.object


@rule(
    "response-status.completed-has-completed-at",
    ResponseObject,
    cites=f"{OPEN}ResponseResource/properties/completed_at",
    when=_completed_with_time,
)
def completed_has_completed_at(response: ResponseObject) -> Iterator[Finding]:
    """`completed_at` of a completed response is a time."""
    completed_at = response.object["completed_at"]
    if number(completed_at) is None:
        yield Finding(f"{response.where}/completed_at", "a time in Unix seconds", show(completed_at))


def _has_both_times(response: ResponseObject) -> bool:
    return None not in (number(response.object.get(name)) for name in ("created_at", "completed_at"))


@rule(
    "response-status.completed-at-is-not-before-created-at",
    ResponseObject,
    cites="RES-11",
    when=_has_both_times,
    needs="a response with `completed_at`",
    reads={Part.TIMES},
)
def completed_at_is_not_before_created_at(response: ResponseObject) -> Iterator[Finding]:
    """`completed_at` of a response is not earlier than its `created_at`.

    Two machines may have set the times, and their clocks may differ by some seconds.
    """
    start, end = (response.object[name] for name in ("created_at", "completed_at"))
    if end < start - SERVER_SKEW:
        yield Finding(f"{response.where}/completed_at", f"at least {show(start)}", show(end))


def _reached_the_limit(response: ResponseObject) -> bool:
    limit = number(response.request_fields.get("max_output_tokens"))
    if limit is None or not response.creation or response.status not in ("completed", "incomplete"):
        return False
    tokens = tokens_of(response, "output")
    return tokens is not None and tokens == limit and _is_cut(response)


def _is_cut(response: ResponseObject) -> bool:
    """Whether an answer shows that it is not whole; an answer may also end by itself exactly at its limit.

    It shows nothing but reasoning, a message of it is not finished, its last sentence goes on, or a call of
    it stops within its arguments.
    """
    items = [item for _, item in response.items]
    messages = [item for item in items if item.get("type") == "message"]
    unfinished = any(item.get("status") in ("incomplete", "in_progress") for item in messages)
    only_thoughts = all(item.get("type") == "reasoning" for item in items)
    half_a_call = any(stops_midway(item.get("arguments")) for item in items)
    half_a_sentence = bool(HALF_A_SENTENCE.fullmatch(response.text))
    return unfinished or only_thoughts or half_a_call or half_a_sentence


@rule(
    "response-status.a-response-at-the-token-limit-is-incomplete",
    ResponseObject,
    cites=("RES-20", f"{OPEN}ResponseResource/properties/incomplete_details"),
    when=_reached_the_limit,
    needs="an answer that used up `max_output_tokens`",
)
def a_response_at_the_token_limit_is_incomplete(response: ResponseObject) -> Iterator[Finding]:
    """A response that `max_output_tokens` cut is incomplete, and not completed.

    Users read a cut text as the whole when its status is completed. To exceed the limit is another fault.
    """
    if response.status != "incomplete":
        actual = show(response.object.get("status", ABSENT))
        yield Finding(f"{response.where}/status", "incomplete", actual)


def _ends_in_calls(response: ResponseObject) -> bool:
    last = response.items[-1][1] if response.items else {}
    if last.get("type") != "function_call" or response.status not in ("completed", "incomplete"):
        return False
    has_status = response.dialect.life(last.get("type")).status != "never"
    says_so = last.get("status", "completed") in ("completed", None) or not has_status
    is_whole = says_so and _is_json(last.get("arguments"))
    return is_whole and not _was_cut_elsewhere(response)


def _is_json(text: Any) -> bool:
    """Whether arguments are whole: a call that was cut is not finished, whatever its status says."""
    try:
        return isinstance(parse_json(text), dict)
    except ValueError:
        return False


def _was_cut_elsewhere(response: ResponseObject) -> bool:
    """Whether a response was cut for a reason other than its calls, in an item that never came."""
    return member(response.object, "incomplete_details", "reason") in ("max_output_tokens", "content_filter")


@rule(
    "response-status.a-response-that-ends-in-calls-is-completed",
    ResponseObject,
    cites="TOOL-15",
    when=_ends_in_calls,
    needs="a response that ends in a function call",
)
def a_response_that_ends_in_calls_is_completed(response: ResponseObject) -> Iterator[Finding]:
    """A response that ends in finished function calls is completed: the client is next."""
    if response.status != "completed":
        yield Finding(f"{response.where}/status", "completed", show(response.object.get("status", ABSENT)))
