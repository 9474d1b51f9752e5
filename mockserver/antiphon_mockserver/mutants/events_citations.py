"""Streams whose last event has wrong citations: they first appear when their part is done."""

from __future__ import annotations

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.body_citations import FOREIGN, on_citations
from antiphon_mockserver.spoiling import DROPPED, Change, on_snapshots, setting

FILE = "events_citations"

CITATIONS: tuple[tuple[str, str, Change, str], ...] = (
    ("streams_citations_of_foreign_files", "Cites files in a stream that the request did not search.",
     setting("file_id", FOREIGN), "citations.cite-files-that-were-searched"),
    ("streams_citations_without_a_collection", "Leaves `collection_id` out of the citations of a stream.",
     setting("collection_id", DROPPED), "citations.name-a-collection-that-was-searched"),
    ("streams_pictures_without_words", "Leaves `speech` out of the citations of a stream.",
     setting("speech", DROPPED), "citations.describe-when-asked"),
)  # fmt: skip

for _name, _sentence, _change, _caught_by in CITATIONS:
    add(FILE, _name, _sentence, _caught_by, on_snapshots(on_citations(_change)))
