"""Two answers to one request of which at least one is an error: why that may be right."""

from __future__ import annotations

from collections.abc import Iterable

from antiphon_conformance.http.exchange import Exchange, Reply
from antiphon_conformance.requests.signs import (
    is_readable,
    parts,
    parts_of_outputs,
    rejects_its_tools,
    says_unsupported,
)
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.views import INVALID
from antiphon_spec.dialect import Dialect

ALIKE = ({400, 422}, {404, 405}, {400, 413}, {403, 404})
"""Statuses that servers use for the same rejection."""
OF_A_CREATE = {400, 403, 404, 409, 413, 422}
"""Statuses with which servers reject a create: no document says which one where a stored thing is in the
way."""
REJECTIONS = (["error"], ["response.failed"])
ATTACHMENTS = ("input_image", "input_file")
FUNCTION = "function"
"""The type of the tools that every server takes."""


def is_legal(in_a: Exchange, in_b: Exchange, absent: Iterable[str], dialect: Dialect) -> str:
    """Why another status of B is legal; empty when nothing says so."""
    before, after = in_a.answer.status, in_b.answer.status
    is_create = in_a.operation == dialect.create_operation
    if {before, after} in ALIKE or (is_create and {before, after} <= OF_A_CREATE):
        return "both reject the request"
    if before in (401, 403) and after < 300:
        return "B asks for no key"
    if before >= 400 and rejects_in_the_stream(in_b.answer):
        return "B rejects it in the stream"
    if after >= 400 and rejects_in_the_stream(in_a.answer):
        return "A rejects it in the stream"
    if INVALID in in_a.traits and after < 300:
        return "B accepts a wrong request"
    return _lacks(in_a, in_b, absent, dialect) if after >= 400 else ""


def _lacks(in_a: Exchange, in_b: Exchange, absent: Iterable[str], dialect: Dialect) -> str:
    """Why B may reject what A accepts; empty when nothing says so."""
    name = missing_feature(in_a, absent, dialect)
    if name:
        return f"B does not offer {name}, which is optional"
    if in_b.is_turn and in_b.answer.status == 409:
        return "B takes one create at a time on a connection"
    places = (parts, parts_of_outputs)
    attached = [part for kind in ATTACHMENTS for place in places for part in place(in_b, kind)]
    if attached and not any(map(is_readable, attached)):
        return "nobody can read what the request attaches"
    if attached and says_unsupported(in_b):
        return "the model of B reads no attachments, and says so"
    tools = {tool.get("type", FUNCTION) for _, tool in objects(in_b.request.fields.get("tools"))}
    if tools - {FUNCTION} and rejects_its_tools(in_b):
        return "which tools a server runs is its own affair, and B says so"
    return ""


def rejects_in_the_stream(reply: Reply) -> bool:
    """Whether a stream holds an error in place of a response."""
    return reply.stream is not None and [event.type for event in reply.stream.events][-1:] in REJECTIONS


def missing_feature(exchange: Exchange, absent: Iterable[str], dialect: Dialect) -> str:
    """The optional feature that an exchange needs and B does not offer; empty when there is none."""
    return next((name for name in absent if _is_of(name, exchange, dialect)), "")


def _is_of(feature: str, exchange: Exchange, dialect: Dialect) -> bool:
    row = dialect.features.get(feature)
    if row is None or not row.optional:
        return False
    is_in_use = exchange.request.fields.get(feature) not in (None, False)
    is_transport = feature == "websocket" and exchange.is_turn
    return is_in_use or is_transport or (row.operation is not None and row.operation == exchange.operation)
