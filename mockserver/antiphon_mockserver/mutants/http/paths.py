"""Servers that misread the ids in paths."""

from __future__ import annotations

import re

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer

UUID = re.compile(r"/[0-9a-f-]{36}$")


@mutant("http.does-not-decode-ids", caught_by="clients.encoded-ids-are-decoded")
def does_not_decode_ids(answer: Answer, call: Call) -> Answer:
    """Does not decode percent-encoded ids in paths."""
    if "%" in call.path and answer.status == 200:
        answer.status, answer.body = 404, {"error": "There is no such thing."}
    return answer


@mutant("http.breaks-on-ids-that-are-no-uuids", caught_by="clients.an-id-that-is-no-uuid-is-not-found")
def breaks_on_ids_that_are_no_uuids(answer: Answer, call: Call) -> Answer:
    """Answers 500 to an id that is not a UUID."""
    if call.operation and answer.status == 404 and not UUID.search(call.path):
        answer.status = 500
    return answer
