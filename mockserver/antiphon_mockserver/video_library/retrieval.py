"""Search: the segments that fit a question, ranked by BM25.

SQLite's FTS5 ranks them, in memory. It searches everything about a segment and its file; within a segment, it
finds the passage that fits best.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any

from antiphon_mockserver.video_library.library import Library
from antiphon_mockserver.video_library.terms import own_words
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import MODALITIES, File, Passage, Segment

Place = tuple[File, Segment]
MOST_WORDS = 64
"""The words of a question that the search uses."""
RELEVANT = 0.5
"""The least share of the best score that a hit needs."""
WEIGHTS = {"file": 0.25, "title": 2.0, "summary": 1.5, **dict.fromkeys(MODALITIES, 1.0)}
"""The weight of a word by its column."""

TOKENIZER = "porter unicode61 remove_diacritics 2"
TABLES = f"""
CREATE VIRTUAL TABLE segments USING fts5({", ".join(WEIGHTS)}, tokenize = "{TOKENIZER}");
CREATE VIRTUAL TABLE passages USING fts5(text, tokenize = "{TOKENIZER}");
"""
RANKED = f"""
SELECT rowid, bm25(segments, {", ".join(map(str, WEIGHTS.values()))}) FROM segments WHERE segments MATCH ?
"""  # noqa: S608 - the weights are ours
QUOTED = """
SELECT rowid, bm25(passages) FROM passages WHERE passages MATCH ? AND rowid BETWEEN ? AND ?
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment that fits a question."""

    file: File
    segment: Segment
    modality: str | None
    """The modality of the passage; None when only title, summary or metadata fit."""
    passage: Passage | None
    score: float
    """The greater, the better."""


class Index:
    """The search index of a library."""

    def __init__(self, library: Library) -> None:
        self._lock = Lock()
        self._places = [(file, segment) for file in library.described for segment in file.segments]
        self._passages: list[tuple[str, Passage]] = []
        self._ranges: list[tuple[int, int]] = []
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._fill()

    def find(self, question: str, places: Collection[Place], limit: int) -> list[Hit]:
        """Those of the segments that fit a question, best first; equal ones in the order of the world."""
        query = _query(own_words(question))
        if not query:
            return []
        ids = {(file.id, segment.id) for file, segment in places}
        ranking = [
            (row, score)
            for row, score in self._rank(RANKED, query)
            if (self._places[row][0].id, self._places[row][1].id) in ids
        ][:limit]
        return [self._hit(row, score, query) for row, score in ranking if score >= RELEVANT * ranking[0][1]]

    def _hit(self, row: int, score: float, query: str) -> Hit:
        best = next(iter(self._rank(QUOTED, query, *self._ranges[row])), None)
        modality, passage = self._passages[best[0]] if best else (None, None)
        return Hit(*self._places[row], modality, passage, score)

    def _rank(self, statement: str, *values: Any) -> list[tuple[int, float]]:
        """Rows and scores, best first; rounded, because the last digits depend on the machine."""
        with self._lock:
            rows = self._database.execute(statement, values).fetchall()
        return sorted(((row, -round(score, 9)) for row, score in rows), key=lambda pair: (-pair[1], pair[0]))

    def _fill(self) -> None:
        self._database.executescript(TABLES)
        for row, (file, segment) in enumerate(self._places):
            first = len(self._passages)
            self._passages += [
                (modality, passage) for modality in MODALITIES for passage in segment.passages[modality]
            ]
            self._ranges.append((first, len(self._passages) - 1))
            _insert(self._database, "segments", row, _columns(file, segment))
        for row, (_, passage) in enumerate(self._passages):
            _insert(self._database, "passages", row, [_passage_text(passage)])


@cache
def index_of(library: Library) -> Index:
    """The search index of a library, built on first use."""
    return Index(library)


def _insert(database: sqlite3.Connection, table: str, row: int, texts: Sequence[str]) -> None:
    marks = ", ".join("?" * (1 + len(texts)))
    columns = ", ".join(["rowid", *(WEIGHTS if table == "segments" else ["text"])])
    database.execute(f"INSERT INTO {table}({columns}) VALUES ({marks})", (row, *texts))  # noqa: S608 - ours


def _columns(file: File, segment: Segment) -> list[str]:
    about = [file.title, file.summary, *texts_in(file.metadata), *texts_in(segment.metadata)]
    columns = ["\n".join(map(_passage_text, segment.passages[modality])) for modality in MODALITIES]
    return ["\n".join(about), segment.title, segment.summary, *columns]


def _passage_text(passage: Passage) -> str:
    return passage.text if passage.speaker is None else f"{passage.speaker}: {passage.text}"


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a JSON value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from texts_in(member)
    elif isinstance(value, list):
        for element in value:
            yield from texts_in(element)


def _query(words: Sequence[str]) -> str:
    """An FTS5 query for any of the words; each is in quotation marks, so that none is syntax."""
    return " OR ".join(f'"{word}"' for word in words[:MOST_WORDS])
