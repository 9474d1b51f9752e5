"""Servers that demand headers and spellings, or send envelopes, that clients do not know."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.response.plan import ApiError
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Document, Operation

NOWHERE = frozenset({"unknown_url", "method_not_allowed"})
"""Codes of errors for requests that match no operation."""


@mutant("state.demands-accept-for-a-stream", caught_by="clients.any-accept-is-served")
def demands_accept_for_a_stream(behaviour: Behaviour) -> Behaviour:
    """Answers 406 to a stream request without `Accept: text/event-stream`."""

    def read_body(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        body = behaviour.requests.read_body(headers, raw)
        if body.get("stream") is True and "text/event-stream" not in headers.get("accept", ""):
            raise ApiError("A stream is text/event-stream.", status=406)
        return body

    return replace(behaviour, requests=replace(behaviour.requests, read_body=read_body))


@mutant("state.reads-no-forms", caught_by="clients.a-post-without-a-body-needs-no-content-type")
def reads_no_forms(behaviour: Behaviour) -> Behaviour:
    """Answers 415 to an empty form."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise ApiError("Forms are not supported.", status=415)
        return behaviour.access.authenticate(headers, keys)

    return replace(behaviour, access=replace(behaviour.access, authenticate=authenticate))


@mutant("state.knows-no-brackets-in-queries", caught_by="clients.a-list-in-a-query-has-two-spellings")
def knows_no_brackets_in_queries(behaviour: Behaviour) -> Behaviour:
    """Ignores query parameters whose names end with brackets."""

    def read_query(
        operation: Operation, document: Document, given: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        plain = [(name, value) for name, value in given if not name.endswith("[]")]
        return behaviour.requests.read_query(operation, document, plain)

    return replace(behaviour, requests=replace(behaviour.requests, read_query=read_query))


@mutant(
    "state.calls-malformed-json-unprocessable",
    caught_by="invalid-requests.a-body-that-is-not-a-json-object-gets-400",
)
def calls_malformed_json_unprocessable(behaviour: Behaviour) -> Behaviour:
    """Answers 422 to a body that is not a JSON object."""

    def read_body(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        try:
            return behaviour.requests.read_body(headers, raw)
        except ApiError as error:
            raise ApiError(error.message, status=422) from error

    return replace(behaviour, requests=replace(behaviour.requests, read_body=read_body))


def _wrapping(behaviour: Behaviour, *, nowhere: bool) -> Behaviour:
    """Sends errors as objects, either where no operation matches or everywhere else."""

    def envelope(error: ApiError, dialect: Dialect) -> tuple[int, dict[str, Any]]:
        status, body = behaviour.errors.envelope(error, dialect)
        if isinstance(body["error"], str) and (error.code in NOWHERE) is nowhere:
            body = {"error": {"message": body["error"], "type": "invalid_request_error"}}
        return status, body

    return replace(behaviour, errors=replace(behaviour.errors, envelope=envelope))


@mutant("state.wraps-the-text-of-errors", caught_by="errors.the-error-is-a-string")
def wraps_the_text_of_errors(behaviour: Behaviour) -> Behaviour:
    """Sends the error as an object instead of a string, as other vendors do."""
    return _wrapping(behaviour, nowhere=False)


@mutant(
    "state.leaves-unknown-paths-to-its-gateway", caught_by="errors.the-error-on-an-unknown-path-is-a-string"
)
def leaves_unknown_paths_to_its_gateway(behaviour: Behaviour) -> Behaviour:
    """Answers unknown paths and wrong methods with a gateway's error body."""
    return _wrapping(behaviour, nowhere=True)
