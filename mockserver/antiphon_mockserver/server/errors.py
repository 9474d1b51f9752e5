"""Error answers: the error envelope of a dialect, and the errors that many places need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.response.plan import ApiError
from antiphon_spec.dialect import Dialect

STORE_UNAVAILABLE = ApiError(
    "The server cannot store or read responses now; try again.", status=503, headers={"retry-after": "1"}
)


def envelope(problem: ApiError, dialect: Dialect) -> tuple[int, dict[str, Any]]:
    """Returns the status and the body of an error answer; an error object has all four members (ERR-02)."""
    if dialect.traits.error_envelope == "text":
        return problem.status, {"error": problem.message}
    mock = dialect.mock
    error: dict[str, Any] = {
        "message": problem.message,
        "type": problem.kind or mock.error_type(problem.status),
        "param": problem.param,
        "code": mock.error_codes.get(problem.code or str(problem.status), problem.code),
    }
    if mock.retry_after_in_body and "retry-after" in problem.headers:
        error["retry_after"] = int(problem.headers["retry-after"])
    return problem.status, {"error": error}


def error_event(error: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Returns the event that says why a response failed, with the code and message of its `error`."""
    status = 500 if error["code"] == "server_error" else 400
    members = {"type": dialect.mock.error_type(status), "param": None, **error}
    if dialect.traits.error_envelope == "text":
        del members["param"]
    return (
        {"type": "error", "error": members}
        if dialect.mock.error_event == "nested"
        else members | {"type": "error"}
    )


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """Returns a 400 for an invalid or contradictory request."""
    return ApiError(message, param=param, code=code)


def response_not_found(response_id: str) -> ApiError:
    """Returns a 404: the same for an unknown id and one that is deleted, not stored or of another key."""
    return ApiError(f"Response with id '{response_id}' not found.", status=404)
