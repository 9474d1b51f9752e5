"""The error of a rejection, in words for a finding."""

from __future__ import annotations

import re

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show

TYPES = re.compile(r"\[(?:\w+,)+\w+\]")
"""Names of types in brackets, as validators write them: `[TextPart,FilePart]`."""


def show_error(exchange: Exchange) -> str:
    """The error of a rejection, its message first and without lists of types; else the body."""
    error = exchange.answer.fields.get("error", exchange.answer.body or ABSENT)
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return show(error)
    return show({"message": "", **error} | {"message": TYPES.sub("", error["message"])})
