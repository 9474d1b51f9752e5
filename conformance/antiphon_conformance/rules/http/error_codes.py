"""The documented types and codes of errors on credentials and on models."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.unusual import odd
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ErrorReply

MEMBERS = ("message", "type", "code")


@rule(
    "error-codes.errors-have-message-type-and-code",
    ErrorReply,
    cites="BUD-GEN-05",
    when=lambda error_reply: isinstance(error_reply.reply.body, dict),
)
def errors_have_message_type_and_code(error_reply: ErrorReply) -> Iterator[Finding]:
    """An error is an object with the strings `message`, `type` and `code`; `code` may be null."""
    if not error_reply.error:
        actual = show(error_reply.reply.fields.get("error", ABSENT))
        yield Finding("reply.body/error", f"an object with {', '.join(MEMBERS)}", actual)
        return
    for name in MEMBERS:
        value, is_nullable = error_reply.error.get(name, ABSENT), name == "code"
        if not isinstance(value, str) and not (is_nullable and value is None):
            expected = "a string or null" if is_nullable else "a string"
            yield Finding(f"reply.body/error/{name}", expected, show(value))


@rule(
    "error-codes.a-401-is-about-credentials",
    ErrorReply,
    cites="BUD-GEN-03",
    when=lambda error_reply: error_reply.reply.status == 401,
    needs="a 401 answer",
)
def a_401_is_about_credentials(error_reply: ErrorReply) -> Iterator[Finding]:
    """A 401 answer has the type `authentication_error` and the code `invalid_api_key`."""
    yield from _expect_error(error_reply, "authentication_error", "invalid_api_key")


@rule(
    "error-codes.an-unknown-model-has-its-code",
    ErrorReply,
    cites="BUD-ERR-01",
    when=odd("an_unknown_model"),
    needs="an error on an unknown model",
)
def an_unknown_model_has_its_code(error_reply: ErrorReply) -> Iterator[Finding]:
    """An unknown model gets the type `invalid_request_error` and the code `invalid_model`."""
    yield from _expect_error(error_reply, "invalid_request_error", "invalid_model")


def _expect_error(error_reply: ErrorReply, kind: str, code: str) -> Iterator[Finding]:
    for name, expected in (("type", kind), ("code", code)):
        actual = error_reply.error.get(name, ABSENT)
        if actual != expected:
            yield Finding(f"reply.body/error/{name}", expected, show(actual))
