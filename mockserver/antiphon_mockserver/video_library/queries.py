"""Queries over structured data: an output item for each collection of entities that an answer reads.

Only responses to requests without collections and files have them: clients that send such requests know this
type of item, and older ones decode only messages.
"""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_mockserver.response.plan import Item
from antiphon_mockserver.video_library.entities import EntitySource, records
from antiphon_mockserver.video_library.scope import Inquiry, scope_of


def queries(inquiry: Inquiry) -> Iterator[Item]:
    """The queries behind an answer that rests on entities alone."""
    if inquiry.collections or inquiry.files:
        return
    scope = scope_of(inquiry)
    for source in scope.sources:
        yield _query(source, len(records(source, scope.file_ids)))


def _query(source: EntitySource, rows: int) -> Item:
    """A query that reads all records of a collection."""
    table = source.name.replace('"', '""')
    return {
        "type": "cloudglue_query_call",
        "status": "completed",
        "sql": f'SELECT * FROM "{table}"',  # noqa: S608 - nothing runs it
        "row_count": rows,
        "total_rows": rows,
        "truncated": False,
        "error": None,
    }
