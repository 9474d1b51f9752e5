"""Streams whose last event has wrong citations: they first appear when their part is done."""

from __future__ import annotations

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.edits import DROPPED, Change, on_snapshots, setting
from antiphon_mockserver.video_library.mutants.citations import FOREIGN, on_citations

SEAM = "events"

CITATIONS: tuple[tuple[str, str, Change, str], ...] = (
    ("streams_citations_of_foreign_files", "Cites files in a stream that the request did not search.",
     setting("file_id", FOREIGN), "citations.cite-files-of-the-request"),
    ("streams_citations_without_a_collection", "Leaves `collection_id` out of the citations of a stream.",
     setting("collection_id", DROPPED), "citations.name-a-collection-of-the-request"),
    ("streams_citations_without_speech", "Leaves `speech` out of the citations of a stream.",
     setting("speech", DROPPED), "citations.have-descriptions-with-include"),
)  # fmt: skip

for _name, _sentence, _change, _caught_by in CITATIONS:
    add(SEAM, _name, _sentence, _caught_by, on_snapshots(on_citations(_change)))
