"""Servers that let in what they must not, or word a refusal wrongly."""

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
    """The conduct that changes status and error object of every refusal."""

    def envelope(denied: Denied, dialect: Dialect) -> tuple[int, dict[str, Any]]:
        status, body = conduct.envelope(denied, dialect)
        told = body["error"]
        status, error = change(status, dict(told) if isinstance(told, dict) else {})
        return status, {"error": error if isinstance(told, dict) else told}

    return replace(conduct, envelope=envelope)


@mutant(caught_by=("credentials.a-missing-credential-is-401", "credentials.nothing-is-served-without-a-key"))
def lets_everybody_in_without_a_key(conduct: Conduct) -> Conduct:
    """Takes an empty key for one of its own."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        empty = headers.get("authorization", "Bearer").strip() == "Bearer" and "authorization" in headers
        return "" if empty else conduct.authenticate(headers, keys)

    return _with_keys(conduct, authenticate)


@mutant(caught_by="credentials.a-wrong-key-is-401")
def lets_any_key_in(conduct: Conduct) -> Conduct:
    """Takes any key, but wants one."""

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
    """Takes `Bearer` and no other spelling of it."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if headers.get("authorization", "").startswith("bearer"):
            raise Denied("Unknown scheme.", status=401, headers={"www-authenticate": "Bearer"})
        return conduct.authenticate(headers, keys)

    return _with_keys(conduct, authenticate)


@mutant(caught_by="credentials.a-wrong-key-is-not-told-in-full")
def repeats_a_wrong_key(conduct: Conduct) -> Conduct:
    """Tells a wrong key in the message about it."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        try:
            return conduct.authenticate(headers, keys)
        except Denied as denied:
            told = f"Incorrect API key: {headers.get('authorization', '')}"
            raise reworded(denied, told) from denied

    return _with_keys(conduct, authenticate)


def reworded(denied: Denied, message: str) -> Denied:
    """The same refusal in other words."""
    return Denied(message, status=denied.status, code=denied.code, param=denied.param, headers=denied.headers)


@mutant(caught_by="refusals.malformed-json-is-refused")
def takes_malformed_json_for_an_empty_question(conduct: Conduct) -> Conduct:
    """Reads a body that is no JSON as if it were a question."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        try:
            return conduct.read_body(headers, raw)
        except Denied:
            return dict(HELLO)

    return _with_bodies(conduct, read)


@mutant(caught_by="refusals.a-body-that-is-no-object-is-refused")
def takes_a_list_for_a_question(conduct: Conduct) -> Conduct:
    """Reads a list as the input of a question."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        return dict(HELLO) if raw.startswith(b"[") else conduct.read_body(headers, raw)

    return _with_bodies(conduct, read)


@mutant(caught_by="refusals.another-content-type-is-refused")
def never_looks_at_the_content_type(conduct: Conduct) -> Conduct:
    """Reads every body as JSON, whatever it is labelled."""

    def read(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        return conduct.read_body({**headers, "content-type": "application/json"}, raw)

    return _with_bodies(conduct, read)


@mutant(caught_by="refusals.an-unknown-model-is-refused")
def serves_any_model(conduct: Conduct) -> Conduct:
    """Answers with whatever model it has, whichever was asked for."""
    return replace(conduct, known_model=lambda _name, _models: True)


@mutant(caught_by=("refusals.an-oversized-input-is-refused", "refusals.an-oversized-count-is-refused"))
def reads_texts_of_any_length(conduct: Conduct) -> Conduct:
    """Checks nothing about a text that is too long."""

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
    """Leaves `param` null in every refusal."""
    return _with_errors(conduct, lambda status, error: (status, error | {"param": None}))


@mutant(
    caught_by=(
        "requests.too-few-output-tokens-have-their-code",
        "requests.an-empty-call-id-has-its-code",
    )
)
def has_one_code_for_all_mistakes(conduct: Conduct) -> Conduct:
    """Gives every refusal the same code."""
    return _with_errors(conduct, lambda status, error: (status, error | {"code": "bad_request"}))


@mutant(
    caught_by=(
        "requests.an-illegal-previous-id-is-a-bad-request",
        "requests.an-unknown-tier-is-an-invalid-request",
        "requests.a-mistake-is-a-bad-request",
    )
)
def calls_mistakes_unprocessable(conduct: Conduct) -> Conduct:
    """Answers mistakes with 422, as frameworks do by themselves."""
    return _with_errors(conduct, lambda status, error: (422 if status == 400 else status, error))


@mutant(caught_by="requests.a-wrong-request-is-no-server-error")
def blames_itself_for_mistakes(conduct: Conduct) -> Conduct:
    """Answers mistakes with 502, as a gateway does that passes on what another server refused."""
    return _with_errors(conduct, lambda status, error: (502 if status == 400 else status, error))


@mutant(caught_by="requests.a-wrong-request-is-not-to-be-sent-again")
def calls_mistakes_a_conflict(conduct: Conduct) -> Conduct:
    """Answers mistakes with 409, which clients retry."""
    return _with_errors(conduct, lambda status, error: (409 if status == 400 else status, error))


@mutant(caught_by="errors.the-envelope-is-complete")
def leaves_nulls_out_of_errors(conduct: Conduct) -> Conduct:
    """Leaves out members of the error object that are null."""
    return _with_errors(
        conduct, lambda status, error: (status, {name: one for name, one in error.items() if one is not None})
    )


@mutant(caught_by="errors.the-type-fits-the-status")
def calls_every_error_a_model_error(conduct: Conduct) -> Conduct:
    """Gives every error the type `model_error`."""
    return _with_errors(conduct, lambda status, error: (status, error | {"type": "model_error"}))


@mutant(caught_by="errors.a-client-error-has-its-type")
def names_errors_after_its_classes(conduct: Conduct) -> Conduct:
    """Gives errors the names of the exceptions inside the server."""
    return _with_errors(conduct, lambda status, error: (status, error | {"type": "BadRequestError"}))


@mutant(caught_by="errors.the-message-is-for-people")
def packs_one_error_into_another(conduct: Conduct) -> Conduct:
    """Puts a whole error, as JSON, into the message of another."""
    return _with_errors(
        conduct, lambda status, error: (status, error | {"message": orjson.dumps({"error": error}).decode()})
    )


@mutant(caught_by="errors.the-message-is-for-people")
def shows_its_stack(conduct: Conduct) -> Conduct:
    """Puts a stack trace into the message of an error."""
    trace = 'Traceback (most recent call last):\n  File "/srv/app.py", line 12, in create\nKeyError: 0'
    return _with_errors(conduct, lambda status, error: (status, error | {"message": trace}))


@mutant(caught_by="accepted.a-text-is-one-user-message")
def counts_a_text_as_no_message(conduct: Conduct) -> Conduct:
    """Puts a string that is the input beside an empty message."""

    def normalise(given: Any) -> list[dict[str, Any]]:
        items = conduct.normalise(given)
        return items + conduct.normalise("And nothing else.") if isinstance(given, str) else items

    return replace(conduct, normalise=normalise)


@mutant(caught_by="house-headers.a-request-sent-again-is-another-request")
def answers_equal_requests_with_one_response(conduct: Conduct) -> Conduct:
    """Gives equal requests the same ids, as if there were an idempotency key."""
    return replace(conduct, occurrence=lambda _before: 0)
