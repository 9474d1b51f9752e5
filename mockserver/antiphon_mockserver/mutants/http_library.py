"""Libraries that find what is not there, and refuse, or serve, what they have to serve, or refuse."""

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
        "Answers 200 for a collection that there is not.",
        "library.an-unknown-collection-is-not-there",
        ("getCollection", UNKNOWN, 404, 200),
    ),
    (
        "finds_files_that_there_are_not",
        "Answers 200 for a file that there is not.",
        "library.an-unknown-file-is-not-there",
        ("getFile", UNKNOWN, 404, 200),
    ),
    (
        "finds_chats_that_there_are_not",
        "Answers 200 for a chat completion that there is not.",
        "chat.an-unknown-completion-is-not-found",
        ("getCompletion", UNKNOWN, 404, 200),
    ),
    (
        "finds_entities_everywhere",
        "Lists the entities of a collection that has none.",
        "library.descriptions-have-no-entities",
        ("listCollectionEntities", "", 400, 200),
    ),
    (
        "describes_entities",
        "Describes the files of a collection of entities.",
        "library.entities-have-no-descriptions",
        ("getMediaDescription", "", 400, 200),
    ),
    (
        "takes_durations_that_contradict_themselves",
        "Lists no segments for a shortest duration above the longest.",
        "library.a-duration-that-contradicts-itself-is-refused",
        ("listFileSegments", "min_duration", 400, 200),
    ),
    (
        "wants_dates_without_times",
        "Refuses a date with a time where collections are listed.",
        "library.dates-with-times-bound-collections",
        ("listCollections", "created_after", 200, 400),
    ),
    (
        "takes_a_hundred_and_one_chats",
        "Lists 101 chat completions at once.",
        "chat.a-page-of-completions-has-its-size",
        ("listCompletions", "limit=101", 400, 200),
    ),
)
"""Name, sentence, who notices; operation, what stands in path or query, the right status, the wrong one."""


def _answering(operation: str, asked: str, right: int, wrong: int) -> Callable[[Answer, Call], Answer]:
    def spoil(answer: Answer, call: Call) -> Answer:
        target = f"{call.path}?{urlencode(call.query)}"
        if call.operation == operation and answer.status == right and asked in target:
            answer.status = wrong
        return answer

    return spoil


for _name, _doc, _rule, _how in ANSWERS:
    add(FILE, _name, _doc, _rule, _answering(*_how))
