"""The type and the code of errors that a dialect names: of credentials, of models."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.oddities import odd
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Refused
from antiphon_conformance.text import ABSENT, show

MEMBERS = ("message", "type", "code")


@rule(Refused, cites="BUD-GEN-05", when=lambda refused: isinstance(refused.reply.body, dict))
def errors_have_message_type_and_code(refused: Refused) -> Iterator[Finding]:
    """An error is an object with `message`, `type` and `code`, of which only the code may be null."""
    if not refused.error:
        yield Finding("reply.body/error", f"an object with {', '.join(MEMBERS)}", show(refused.reply.body))
        return
    for name in MEMBERS:
        value = refused.error.get(name, ABSENT)
        if not isinstance(value, str) and not (name == "code" and value is None):
            yield Finding(f"reply.body/error/{name}", "a string", show(value))


@rule(Refused, cites="BUD-GEN-03", when=lambda refused: refused.reply.status == 401, needs="an answer 401")
def a_401_is_about_credentials(refused: Refused) -> Iterator[Finding]:
    """An answer 401 has the type `authentication_error` and the code `invalid_api_key`."""
    yield from _told(refused, "authentication_error", "invalid_api_key")


@rule(Refused, cites="BUD-ERR-01", when=odd("an_unknown_model"), needs="a refusal of an unknown model")
def an_unknown_model_has_its_code(refused: Refused) -> Iterator[Finding]:
    """The refusal of an unknown model has the type `invalid_request_error` and the code `invalid_model`."""
    yield from _told(refused, "invalid_request_error", "invalid_model")


def _told(refused: Refused, kind: str, code: str) -> Iterator[Finding]:
    for name, wanted in (("type", kind), ("code", code)):
        got = refused.error.get(name, ABSENT)
        if got != wanted:
            yield Finding(f"reply.body/error/{name}", wanted, show(got))
