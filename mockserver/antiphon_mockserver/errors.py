"""Refusals: why a request gets no answer, and how a dialect words that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OPENAI_TYPES: Mapping[int, str] = {429: "rate_limit_error", 500: "server_error", 503: "service_unavailable_error"}


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an accident
    """A request that is answered with an error: status, and the members of the error object."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    type: str | None = None
    """The error's type when it is not the one that the dialect pairs with the status."""
    headers: Mapping[str, str] = field(default_factory=dict)


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    """A 400: what was asked makes no sense."""
    return Refusal(400, message, code, param)
