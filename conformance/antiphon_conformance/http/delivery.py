"""A webhook, as it came to the judge."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from antiphon_conformance.http.exchange import Headers, Json
from antiphon_spec.loading.construction import dataclass


class Signature(StrEnum):
    """What the signature of a webhook says to who knows the secret."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """Nobody gave the judge the secret."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try of a webhook that the target sent to the judge."""

    path: str
    headers: Headers
    raw: bytes
    """The body."""
    body: Json
    """The body as JSON; None where it is none."""
    arrived_at: float
    """In Unix seconds of the judge's clock."""
    status: int
    """The status with which the judge answered."""
    signature: Signature = Signature.UNKNOWN

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body when it is a JSON object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}
