"""Servers that accept wrong requests, or send wrong errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import without
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.state.record import RequestDetails
from antiphon_spec.dialect import Dialect

Error = dict[str, Any]
HELLO = {"model": "gpt-4o-mini", "input": "Hello."}


def _with_keys(
    behaviour: Behaviour, authenticate: Callable[[Mapping[str, str], Collection[str]], str]
) -> Behaviour:
    return replace(behaviour, access=replace(behaviour.access, authenticate=authenticate))


def _with_bodies(
    behaviour: Behaviour, read: Callable[[Mapping[str, str], bytes], dict[str, Any]]
) -> Behaviour:
    return replace(behaviour, requests=replace(behaviour.requests, read_body=read))


def _with_errors(behaviour: Behaviour, change: Callable[[int, Error], tuple[int, Error]]) -> Behaviour:
    """Changes the status and the error object of every error."""

    def envelope(error: ApiError, dialect: Dialect) -> tuple[int, dict[str, Any]]:
        status, body = behaviour.errors.envelope(error, dialect)
        original = body["error"]
        status, error_object = change(status, dict(original) if isinstance(original, dict) else {})
        return status, {"error": error_object if isinstance(original, dict) else original}

    return replace(behaviour, errors=replace(behaviour.errors, envelope=envelope))


@mutant(
    "state.lets-everybody-in-without-a-key",
    caught_by=("credentials.a-missing-credential-is-401", "credentials.a-request-without-a-key-is-rejected"),
)
def lets_everybody_in_without_a_key(behaviour: Behaviour) -> Behaviour:
    """Accepts an empty key."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        empty = headers.get("authorization", "Bearer").strip() == "Bearer" and "authorization" in headers
        return "" if empty else behaviour.access.authenticate(headers, keys)

    return _with_keys(behaviour, authenticate)


@mutant("state.lets-any-key-in", caught_by="credentials.a-wrong-key-is-401")
def lets_any_key_in(behaviour: Behaviour) -> Behaviour:
    """Accepts any key, but requires one."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        try:
            return behaviour.access.authenticate(headers, keys)
        except ApiError as error:
            if error.code != "invalid_api_key":
                raise
        return next(iter(keys), "")

    return _with_keys(behaviour, authenticate)


@mutant(
    "state.accepts-only-its-own-spelling-of-bearer", caught_by="credentials.the-scheme-is-matched-in-any-case"
)
def accepts_only_its_own_spelling_of_bearer(behaviour: Behaviour) -> Behaviour:
    """Accepts `Bearer` only in that spelling."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if headers.get("authorization", "").startswith("bearer"):
            raise ApiError("Unknown scheme.", status=401, headers={"www-authenticate": "Bearer"})
        return behaviour.access.authenticate(headers, keys)

    return _with_keys(behaviour, authenticate)


@mutant("state.repeats-a-wrong-key", caught_by="credentials.a-wrong-key-is-not-repeated")
def repeats_a_wrong_key(behaviour: Behaviour) -> Behaviour:
    """Repeats a wrong key in the error message."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        try:
            return behaviour.access.authenticate(headers, keys)
        except ApiError as error:
            message = f"Incorrect API key: {headers.get('authorization', '')}"
            raise reworded(error, message) from error

    return _with_keys(behaviour, authenticate)


def reworded(error: ApiError, message: str) -> ApiError:
    """The same error with a different message."""
    return ApiError(message, status=error.status, code=error.code, param=error.param, headers=error.headers)


@mutant("state.accepts-malformed-json", caught_by="invalid-requests.malformed-json-is-rejected")
def accepts_malformed_json(behaviour: Behaviour) -> Behaviour:
    """Accepts a body that is not JSON."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        try:
            return behaviour.requests.read_body(headers, raw)
        except ApiError:
            return dict(HELLO)

    return _with_bodies(behaviour, read)


@mutant("state.accepts-a-list-as-body", caught_by="invalid-requests.a-body-that-is-not-an-object-is-rejected")
def accepts_a_list_as_body(behaviour: Behaviour) -> Behaviour:
    """Accepts a body that is a JSON list."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        return dict(HELLO) if raw.startswith(b"[") else behaviour.requests.read_body(headers, raw)

    return _with_bodies(behaviour, read)


@mutant(
    "state.never-looks-at-the-content-type",
    caught_by="invalid-requests.a-content-type-other-than-json-is-rejected",
)
def never_looks_at_the_content_type(behaviour: Behaviour) -> Behaviour:
    """Reads every body as JSON and ignores its content type."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        return behaviour.requests.read_body({**headers, "content-type": "application/json"}, raw)

    return _with_bodies(behaviour, read)


@mutant("state.serves-any-model", caught_by="invalid-requests.an-unknown-model-is-rejected")
def serves_any_model(behaviour: Behaviour) -> Behaviour:
    """Accepts an unknown model."""
    return replace(behaviour, access=replace(behaviour.access, model_exists=lambda _name, _models: True))


@mutant(
    "state.reads-texts-of-any-length",
    caught_by=(
        "invalid-requests.an-oversized-input-is-rejected",
        "invalid-requests.an-oversized-count-is-rejected",
    ),
)
def reads_texts_of_any_length(behaviour: Behaviour) -> Behaviour:
    """Accepts a text that is too long."""

    def schema(details: RequestDetails) -> None:
        if len(str(details.body.get("input"))) < 1_000_000:
            behaviour.requests.checks["schema"](details)

    return replace(
        behaviour,
        requests=replace(behaviour.requests, checks={**behaviour.requests.checks, "schema": schema}),
        context=replace(behaviour.context, truncate=lambda context, _size: context),
    )


@mutant("state.ignores-unknown-parameters", caught_by="requests.an-unknown-parameter-is-rejected")
def ignores_unknown_parameters(behaviour: Behaviour) -> Behaviour:
    """Ignores a parameter that it does not know."""
    return replace(
        behaviour, requests=replace(behaviour.requests, checks=without(behaviour.requests.checks, "unknown"))
    )


@mutant("state.names-no-member", caught_by="requests.the-error-names-the-wrong-member")
def names_no_member(behaviour: Behaviour) -> Behaviour:
    """Leaves `param` null in every error."""
    return _with_errors(behaviour, lambda status, error: (status, error | {"param": None}))


@mutant(
    "state.has-one-code-for-all-errors",
    caught_by=(
        "requests.too-few-output-tokens-have-their-code",
        "requests.an-empty-call-id-has-its-code",
    ),
)
def has_one_code_for_all_errors(behaviour: Behaviour) -> Behaviour:
    """Gives every error the same code."""
    return _with_errors(behaviour, lambda status, error: (status, error | {"code": "bad_request"}))


@mutant(
    "state.answers-wrong-requests-with-422",
    caught_by=(
        "requests.a-malformed-previous-id-gets-400",
        "requests.an-unknown-tier-is-an-invalid-request",
        "requests.a-wrong-request-gets-400",
    ),
)
def answers_wrong_requests_with_422(behaviour: Behaviour) -> Behaviour:
    """Answers wrong requests with 422, the default of many frameworks."""
    return _with_errors(behaviour, lambda status, error: (422 if status == 400 else status, error))


@mutant("state.answers-wrong-requests-with-502", caught_by="requests.a-wrong-request-is-no-server-error")
def answers_wrong_requests_with_502(behaviour: Behaviour) -> Behaviour:
    """Answers wrong requests with 502, as a gateway does for an upstream error."""
    return _with_errors(behaviour, lambda status, error: (502 if status == 400 else status, error))


@mutant("state.answers-wrong-requests-with-409", caught_by="requests.a-wrong-request-does-not-invite-a-retry")
def answers_wrong_requests_with_409(behaviour: Behaviour) -> Behaviour:
    """Answers wrong requests with 409, which clients retry."""
    return _with_errors(behaviour, lambda status, error: (409 if status == 400 else status, error))


@mutant("state.leaves-nulls-out-of-errors", caught_by="errors.an-error-has-type-code-and-param")
def leaves_nulls_out_of_errors(behaviour: Behaviour) -> Behaviour:
    """Leaves members that are null out of the error object."""
    return _with_errors(
        behaviour,
        lambda status, error: (status, {name: value for name, value in error.items() if value is not None}),
    )


@mutant("state.calls-every-error-a-model-error", caught_by="errors.the-type-fits-the-status")
def calls_every_error_a_model_error(behaviour: Behaviour) -> Behaviour:
    """Gives every error the type `model_error`."""
    return _with_errors(behaviour, lambda status, error: (status, error | {"type": "model_error"}))


@mutant("state.names-errors-after-its-classes", caught_by="errors.a-client-error-has-its-type")
def names_errors_after_its_classes(behaviour: Behaviour) -> Behaviour:
    """Sends names of internal exceptions as error types."""
    return _with_errors(behaviour, lambda status, error: (status, error | {"type": "BadRequestError"}))


@mutant("state.packs-one-error-into-another", caught_by="errors.the-message-is-for-people")
def packs_one_error_into_another(behaviour: Behaviour) -> Behaviour:
    """Puts a whole error, as JSON, into the message of an error."""
    return _with_errors(
        behaviour,
        lambda status, error: (status, error | {"message": orjson.dumps({"error": error}).decode()}),
    )


@mutant("state.shows-its-stack", caught_by="errors.the-message-is-for-people")
def shows_its_stack(behaviour: Behaviour) -> Behaviour:
    """Puts a stack trace into an error message."""
    trace = 'Traceback (most recent call last):\n  File "/srv/app.py", line 12, in create\nKeyError: 0'
    return _with_errors(behaviour, lambda status, error: (status, error | {"message": trace}))


@mutant("state.adds-a-message-to-input-strings", caught_by="requests.a-text-is-one-user-message")
def adds_a_message_to_input_strings(behaviour: Behaviour) -> Behaviour:
    """Adds a second message to an input string."""

    def normalise(given: Any) -> list[dict[str, Any]]:
        items = behaviour.context.normalise(given)
        return items + behaviour.context.normalise("And nothing else.") if isinstance(given, str) else items

    return replace(behaviour, context=replace(behaviour.context, normalise=normalise))


@mutant(
    "state.answers-equal-requests-with-one-response",
    caught_by="vendor-headers.a-repeated-create-makes-a-second-response",
)
def answers_equal_requests_with_one_response(behaviour: Behaviour) -> Behaviour:
    """Gives equal requests the same ids, as if they had an idempotency key."""
    return replace(behaviour, requests=replace(behaviour.requests, occurrence=lambda _before: 0))
