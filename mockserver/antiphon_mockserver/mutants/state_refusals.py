"""Servers that accept wrong requests, or send wrong errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import without
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Asked
from antiphon_spec.dialect import Dialect

Error = dict[str, Any]
HELLO = {"model": "gpt-4o-mini", "input": "Hello."}


def _with_keys(
    conduct: Conduct, authenticate: Callable[[Mapping[str, str], Collection[str]], str]
) -> Conduct:
    return replace(conduct, authenticate=authenticate)


def _with_bodies(conduct: Conduct, read: Callable[[Mapping[str, str], bytes], dict[str, Any]]) -> Conduct:
    return replace(conduct, read_body=read)


def _with_errors(conduct: Conduct, change: Callable[[int, Error], tuple[int, Error]]) -> Conduct:
    """Changes the status and the error object of every error."""

    def envelope(denied: Denied, dialect: Dialect) -> tuple[int, dict[str, Any]]:
        status, body = conduct.envelope(denied, dialect)
        original = body["error"]
        status, error = change(status, dict(original) if isinstance(original, dict) else {})
        return status, {"error": error if isinstance(original, dict) else original}

    return replace(conduct, envelope=envelope)


@mutant(caught_by=("credentials.a-missing-credential-is-401", "credentials.nothing-is-served-without-a-key"))
def lets_everybody_in_without_a_key(conduct: Conduct) -> Conduct:
    """Accepts an empty key."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        empty = headers.get("authorization", "Bearer").strip() == "Bearer" and "authorization" in headers
        return "" if empty else conduct.authenticate(headers, keys)

    return _with_keys(conduct, authenticate)


@mutant(caught_by="credentials.a-wrong-key-is-401")
def lets_any_key_in(conduct: Conduct) -> Conduct:
    """Accepts any key, but requires one."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        try:
            return conduct.authenticate(headers, keys)
        except Denied as denied:
            if denied.code != "invalid_api_key":
                raise
        return next(iter(keys), "")

    return _with_keys(conduct, authenticate)


@mutant(caught_by="credentials.the-scheme-is-matched-in-any-case")
def wants_the_scheme_in_its_own_spelling(conduct: Conduct) -> Conduct:
    """Accepts `Bearer` only in that spelling."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if headers.get("authorization", "").startswith("bearer"):
            raise Denied("Unknown scheme.", status=401, headers={"www-authenticate": "Bearer"})
        return conduct.authenticate(headers, keys)

    return _with_keys(conduct, authenticate)


@mutant(caught_by="credentials.a-wrong-key-is-not-told-in-full")
def repeats_a_wrong_key(conduct: Conduct) -> Conduct:
    """Repeats a wrong key in the error message."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        try:
            return conduct.authenticate(headers, keys)
        except Denied as denied:
            message = f"Incorrect API key: {headers.get('authorization', '')}"
            raise reworded(denied, message) from denied

    return _with_keys(conduct, authenticate)


def reworded(denied: Denied, message: str) -> Denied:
    """The same error with a different message."""
    return Denied(message, status=denied.status, code=denied.code, param=denied.param, headers=denied.headers)


@mutant(caught_by="refusals.malformed-json-is-refused")
def takes_malformed_json_for_an_empty_question(conduct: Conduct) -> Conduct:
    """Accepts a body that is not JSON."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        try:
            return conduct.read_body(headers, raw)
        except Denied:
            return dict(HELLO)

    return _with_bodies(conduct, read)


@mutant(caught_by="refusals.a-body-that-is-no-object-is-refused")
def takes_a_list_for_a_question(conduct: Conduct) -> Conduct:
    """Accepts a body that is a JSON list."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        return dict(HELLO) if raw.startswith(b"[") else conduct.read_body(headers, raw)

    return _with_bodies(conduct, read)


@mutant(caught_by="refusals.another-content-type-is-refused")
def never_looks_at_the_content_type(conduct: Conduct) -> Conduct:
    """Reads every body as JSON and ignores its content type."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        return conduct.read_body({**headers, "content-type": "application/json"}, raw)

    return _with_bodies(conduct, read)


@mutant(caught_by="refusals.an-unknown-model-is-refused")
def serves_any_model(conduct: Conduct) -> Conduct:
    """Accepts an unknown model."""
    return replace(conduct, model_exists=lambda _name, _models: True)


@mutant(caught_by=("refusals.an-oversized-input-is-refused", "refusals.an-oversized-count-is-refused"))
def reads_texts_of_any_length(conduct: Conduct) -> Conduct:
    """Accepts a text that is too long."""

    def schema(asked: Asked) -> None:
        if len(str(asked.body.get("input"))) < 1_000_000:
            conduct.checks["schema"](asked)

    return replace(
        conduct, checks={**conduct.checks, "schema": schema}, truncate=lambda context, _size: context
    )


@mutant(caught_by="requests.an-unknown-parameter-is-refused")
def ignores_unknown_parameters(conduct: Conduct) -> Conduct:
    """Ignores a parameter that it does not know."""
    return replace(conduct, checks=without(conduct.checks, "unknown"))


@mutant(caught_by="requests.the-refusal-names-the-wrong-member")
def names_no_member(conduct: Conduct) -> Conduct:
    """Leaves `param` null in every error."""
    return _with_errors(conduct, lambda status, error: (status, error | {"param": None}))


@mutant(
    caught_by=(
        "requests.too-few-output-tokens-have-their-code",
        "requests.an-empty-call-id-has-its-code",
    )
)
def has_one_code_for_all_mistakes(conduct: Conduct) -> Conduct:
    """Gives every error the same code."""
    return _with_errors(conduct, lambda status, error: (status, error | {"code": "bad_request"}))


@mutant(
    caught_by=(
        "requests.an-illegal-previous-id-is-a-bad-request",
        "requests.an-unknown-tier-is-an-invalid-request",
        "requests.a-mistake-is-a-bad-request",
    )
)
def calls_mistakes_unprocessable(conduct: Conduct) -> Conduct:
    """Answers wrong requests with 422, the default of many frameworks."""
    return _with_errors(conduct, lambda status, error: (422 if status == 400 else status, error))


@mutant(caught_by="requests.a-wrong-request-is-no-server-error")
def blames_itself_for_mistakes(conduct: Conduct) -> Conduct:
    """Answers wrong requests with 502, as a gateway does for an upstream error."""
    return _with_errors(conduct, lambda status, error: (502 if status == 400 else status, error))


@mutant(caught_by="requests.a-wrong-request-is-not-to-be-sent-again")
def calls_mistakes_a_conflict(conduct: Conduct) -> Conduct:
    """Answers wrong requests with 409, which clients retry."""
    return _with_errors(conduct, lambda status, error: (409 if status == 400 else status, error))


@mutant(caught_by="errors.the-envelope-is-complete")
def leaves_nulls_out_of_errors(conduct: Conduct) -> Conduct:
    """Leaves members that are null out of the error object."""
    return _with_errors(
        conduct,
        lambda status, error: (status, {name: value for name, value in error.items() if value is not None}),
    )


@mutant(caught_by="errors.the-type-fits-the-status")
def calls_every_error_a_model_error(conduct: Conduct) -> Conduct:
    """Gives every error the type `model_error`."""
    return _with_errors(conduct, lambda status, error: (status, error | {"type": "model_error"}))


@mutant(caught_by="errors.a-client-error-has-its-type")
def names_errors_after_its_classes(conduct: Conduct) -> Conduct:
    """Sends names of internal exceptions as error types."""
    return _with_errors(conduct, lambda status, error: (status, error | {"type": "BadRequestError"}))


@mutant(caught_by="errors.the-message-is-for-people")
def packs_one_error_into_another(conduct: Conduct) -> Conduct:
    """Puts a whole error, as JSON, into the message of an error."""
    return _with_errors(
        conduct, lambda status, error: (status, error | {"message": orjson.dumps({"error": error}).decode()})
    )


@mutant(caught_by="errors.the-message-is-for-people")
def shows_its_stack(conduct: Conduct) -> Conduct:
    """Puts a stack trace into an error message."""
    trace = 'Traceback (most recent call last):\n  File "/srv/app.py", line 12, in create\nKeyError: 0'
    return _with_errors(conduct, lambda status, error: (status, error | {"message": trace}))


@mutant(caught_by="accepted.a-text-is-one-user-message")
def counts_a_text_as_no_message(conduct: Conduct) -> Conduct:
    """Adds a second message to an input string."""

    def normalise(given: Any) -> list[dict[str, Any]]:
        items = conduct.normalise(given)
        return items + conduct.normalise("And nothing else.") if isinstance(given, str) else items

    return replace(conduct, normalise=normalise)


@mutant(caught_by="house-headers.a-request-sent-again-is-another-request")
def answers_equal_requests_with_one_response(conduct: Conduct) -> Conduct:
    """Gives equal requests the same ids, as if they had an idempotency key."""
    return replace(conduct, occurrence=lambda _before: 0)
