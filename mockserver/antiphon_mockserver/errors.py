"""How a refusal is worded: the error envelope of a dialect, and the refusals that many places need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.plan import Denied
from antiphon_spec.dialect import Dialect


def envelope(denied: Denied, dialect: Dialect) -> tuple[int, dict[str, Any]]:
    """Status and body of an error answer; one that is an object always has all four members (ERR-02)."""
    if dialect.traits.error_envelope == "text":
        return denied.status, {"error": denied.message}
    error = {
        "message": denied.message,
        "type": denied.kind or dialect.traits.error_type(denied.status),
        "param": denied.param,
        "code": denied.code,
    }
    return denied.status, {"error": error}


def error_event(error: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The event that tells in band why a response fails; code and message are those of its `error`."""
    status = 500 if error["code"] == "server_error" else 400
    told = {"type": dialect.traits.error_type(status), "param": None, **error}
    if dialect.traits.error_envelope == "text":
        del told["param"]
    return (
        {"type": "error", "error": told}
        if dialect.traits.error_event == "nested"
        else told | {"type": "error"}
    )


def invalid(message: str, param: str | None = None, code: str | None = None) -> Denied:
    """A 400: what was asked makes no sense, or contradicts itself."""
    return Denied(message, param=param, code=code)


def response_not_found(id: str) -> Denied:
    """A 404; the same for an id that never was, was deleted, was not stored or belongs to another key."""
    return Denied(f"Response with id '{id}' not found.", status=404)
