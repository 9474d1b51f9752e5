"""Libraries that serve entries that do not exist, or swap accepted and rejected requests."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from antiphon_mockserver.mutants import Call, add
from antiphon_mockserver.server.context import Answer

SEAM = "http"
UNKNOWN = "0" * 8

ANSWERS = (
    (
        "finds_collections_that_do_not_exist",
        "Answers 200 for a collection that does not exist.",
        "video-library.an-unknown-collection-is-not-found",
        ("getCollection", UNKNOWN, 404, 200),
    ),
    (
        "finds_files_that_do_not_exist",
        "Answers 200 for a file that does not exist.",
        "video-library.an-unknown-file-is-not-found",
        ("getFile", UNKNOWN, 404, 200),
    ),
    (
        "finds_chats_that_do_not_exist",
        "Answers 200 for a chat completion that does not exist.",
        "chat.an-unknown-completion-is-not-found",
        ("getCompletion", UNKNOWN, 404, 200),
    ),
    (
        "finds_entities_everywhere",
        "Lists entities of a collection that has none.",
        "video-library.descriptions-have-no-entities",
        ("listCollectionEntities", "", 400, 200),
    ),
    (
        "describes_entities",
        "Answers 200 to a media description in a collection of entities.",
        "video-library.entities-have-no-descriptions",
        ("getMediaDescription", "", 400, 200),
    ),
    (
        "accepts_contradictory_durations",
        "Accepts a minimum duration above the maximum.",
        "video-library.a-contradictory-duration-is-rejected",
        ("listFileSegments", "min_duration", 400, 200),
    ),
    (
        "rejects_dates_with_times",
        "Rejects a date with a time in a list of collections.",
        "video-library.dates-with-times-are-accepted",
        ("listCollections", "created_after", 200, 400),
    ),
    (
        "accepts_a_limit_of_101_chats",
        "Accepts a limit of 101 for a list of chat completions.",
        "chat.a-page-of-completions-has-its-size",
        ("listCompletions", "limit=101", 400, 200),
    ),
)
"""Name, summary, rule; operation, text in path or query, right status, wrong status."""


def _answering(operation: str, details: str, right: int, wrong: int) -> Callable[[Answer, Call], Answer]:
    def mutate(answer: Answer, call: Call) -> Answer:
        target = f"{call.path}?{urlencode(call.query)}"
        if call.operation == operation and answer.status == right and details in target:
            answer.status = wrong
        return answer

    return mutate


for _name, _doc, _rule, _how in ANSWERS:
    add(SEAM, _name, _doc, _rule, _answering(*_how))
