"""Libraries that serve entries that do not exist, or swap accepted and rejected requests."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from antiphon_mockserver.answer import Answer
from antiphon_mockserver.mutants import Call, add

FILE = "http_library"
UNKNOWN = "0" * 8

ANSWERS = (
    (
        "finds_collections_that_there_are_not",
        "Answers 200 for a collection that does not exist.",
        "library.an-unknown-collection-is-not-there",
        ("getCollection", UNKNOWN, 404, 200),
    ),
    (
        "finds_files_that_there_are_not",
        "Answers 200 for a file that does not exist.",
        "library.an-unknown-file-is-not-there",
        ("getFile", UNKNOWN, 404, 200),
    ),
    (
        "finds_chats_that_there_are_not",
        "Answers 200 for a chat completion that does not exist.",
        "chat.an-unknown-completion-is-not-found",
        ("getCompletion", UNKNOWN, 404, 200),
    ),
    (
        "finds_entities_everywhere",
        "Lists entities of a collection that has none.",
        "library.descriptions-have-no-entities",
        ("listCollectionEntities", "", 400, 200),
    ),
    (
        "describes_entities",
        "Answers 200 to a media description in a collection of entities.",
        "library.entities-have-no-descriptions",
        ("getMediaDescription", "", 400, 200),
    ),
    (
        "takes_durations_that_contradict_themselves",
        "Accepts a minimum duration above the maximum.",
        "library.a-duration-that-contradicts-itself-is-refused",
        ("listFileSegments", "min_duration", 400, 200),
    ),
    (
        "wants_dates_without_times",
        "Rejects a date with a time in a list of collections.",
        "library.dates-with-times-bound-collections",
        ("listCollections", "created_after", 200, 400),
    ),
    (
        "takes_a_hundred_and_one_chats",
        "Accepts a limit of 101 for a list of chat completions.",
        "chat.a-page-of-completions-has-its-size",
        ("listCompletions", "limit=101", 400, 200),
    ),
)
"""Name, summary, rule; operation, text in path or query, right status, wrong status."""


def _answering(operation: str, asked: str, right: int, wrong: int) -> Callable[[Answer, Call], Answer]:
    def spoil(answer: Answer, call: Call) -> Answer:
        target = f"{call.path}?{urlencode(call.query)}"
        if call.operation == operation and answer.status == right and asked in target:
            answer.status = wrong
        return answer

    return spoil


for _name, _doc, _rule, _how in ANSWERS:
    add(FILE, _name, _doc, _rule, _answering(*_how))
