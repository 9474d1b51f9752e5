"""Responses with items that Open Responses does not define or that lack required members."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.edits import is_response


@mutant("body.answers-with-items-of-its-own", caught_by="extensions.added-items-have-a-prefix")
def answers_with_items_of_its_own(body: Any) -> Any:
    """Adds an item of an unknown type without a prefix to the output."""
    if is_response(body):
        body["output"].append({"type": "note", "id": "note_1", "status": "completed"})
    return body


@mutant("body.answers-with-bare-items", caught_by=("items.have-an-id", "items.have-a-status"))
def answers_with_bare_items(body: Any) -> Any:
    """Adds an item with a vendor prefix, but without `id` and `status`, to the output."""
    if is_response(body):
        body["output"].append({"type": "acme:note", "text": "Hello."})
    return body
