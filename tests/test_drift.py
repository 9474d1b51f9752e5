"""Two documents are compared by samples: every difference must be listed, and every listed one must exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antiphon_spec.data import DataError
from antiphon_spec.dialect import load, names
from antiphon_spec.document import Document
from antiphon_spec.json_schema.drift import Difference, KnownDifference, compare, load_differences, operations

SONG = {
    "type": "object",
    "required": ["title", "kind"],
    "properties": {
        "title": {"type": "string", "maxLength": 20},
        "kind": {"type": "string", "enum": ["antiphon", "psalm"]},
        "verses": {"type": "array", "items": {"$ref": "#/components/schemas/Verse"}},
    },
}
VERSE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}


def document(**schemas: Any) -> Document:
    return Document({"paths": {}, "components": {"schemas": schemas}})


def differences(left: Any, right: Any) -> list[Difference]:
    return list(compare(document(Song=left, Verse=VERSE), document(Song=right, Verse=VERSE)).differences)


def changed(name: str, schema: Any) -> Any:
    return {**SONG, "properties": {**SONG["properties"], name: schema}}


def test_the_same_document_does_not_differ() -> None:
    assert differences(SONG, SONG) == []


def test_equivalent_documents_do_not_differ() -> None:
    composition = {
        "allOf": [
            {
                "type": "object",
                "required": ["title"],
                "properties": {"title": {"type": "string", "maxLength": 20}},
            },
            {
                "required": ["kind"],
                "properties": {
                    "kind": {"oneOf": [{"const": "antiphon"}, {"const": "psalm"}]},
                    "verses": SONG["properties"]["verses"],
                },
            },
            {"type": "object"},
        ]
    }
    assert differences(SONG, composition) == []


@pytest.mark.parametrize(
    ("name", "schema", "side", "pointer"),
    [
        ("title", {"type": "string", "maxLength": 19}, "published", "/title"),
        ("title", {"type": "string", "maxLength": 21}, "ours", "/title"),
        ("title", {"type": ["string", "null"], "maxLength": 20}, "ours", "/title"),
        ("kind", {"type": "string", "enum": ["psalm"]}, "published", "/kind"),
        ("kind", {"type": "string"}, "ours", "/kind"),
        ("verses", {"type": "array", "minItems": 1, "items": VERSE}, "published", "/verses"),
        ("verses", {"type": "array", "items": {"type": "object"}}, "ours", "/verses/*/text"),
        ("more", {"type": "integer"}, "published", "/more"),
    ],
)
def test_every_moved_bound_is_a_difference(name: str, schema: Any, side: str, pointer: str) -> None:
    assert differences(changed(name, schema), SONG) == [Difference(side, "Song", pointer)]


def test_a_member_that_became_optional_is_a_difference() -> None:
    assert differences({**SONG, "required": ["title"]}, SONG) == [Difference("ours", "Song", "/kind")]


def test_a_difference_is_reported_at_its_definition_only() -> None:
    loose = {"type": "object", "properties": {"text": {"type": "string"}}}
    drift = compare(document(Song=SONG, Verse=loose), document(Song=SONG, Verse=VERSE))
    assert drift.differences == (Difference("ours", "Verse", "/text"),)


def test_what_only_one_side_has_is_a_difference() -> None:
    drift = compare(document(Song={}, Ours={}), document(Song={}, Theirs={}))
    assert drift.differences == (Difference("ours", "Ours", None), Difference("published", "Theirs", None))


def test_names_of_path_parameters_are_no_difference() -> None:
    left, right = (
        Document({"paths": {path: {"get": {}, "delete": {}}}, "components": {"schemas": {}}})
        for path in ("/songs/{song_id}/verses/{verse_id}", "/songs/{id}/verses/{id}")
    )
    assert compare(left, right).differences == ()
    assert list(operations(left)) == ["GET /songs/{}/verses/{}", "DELETE /songs/{}/verses/{}"]


def test_listed_differences_have_a_reason_and_stale_ones_are_reported() -> None:
    entries = (
        KnownDifference("ours", frozenset({"Song"}), frozenset({"/title", "/verses"}), "because"),
        KnownDifference("published", frozenset({"Gone"}), None, "it was left out"),
    )
    left = document(Song=changed("title", {"type": "string"}), Verse=VERSE)
    drift = compare(left, document(Song=SONG, Verse=VERSE), entries)
    assert drift.unlisted == ()
    assert drift.stale == (
        "Song/verses: only ours accepts: because",
        "Gone: only published: it was left out",
    )


def test_a_difference_has_a_reason_and_an_instance() -> None:
    drift = compare(document(Song=SONG, Verse={"type": "object"}), document(Song=SONG, Verse=VERSE))
    assert [str(difference) for difference in drift.unlisted] == [
        "Verse/text: only ours accepts: text is missing (required) (an empty object)"
    ]


def test_comparing_twice_gives_the_same() -> None:
    first, second = (compare(load("openresponses").document, load("openai").document) for _ in range(2))
    assert [str(difference) for difference in first.differences] == [
        str(difference) for difference in second.differences
    ]
    assert first.differences


@pytest.mark.parametrize("name", sorted(set(names()) - {"azure"}))  # Azure has the document of OpenAI
def test_listed_differences_name_parts_of_the_document(name: str) -> None:
    dialect = load(name)
    known_names = {
        item for entry in load_differences(dialect.folders[0]) if entry.side == "ours" for item in entry.names
    }
    assert known_names <= {*dialect.document.schemas, *operations(dialect.document)}


def test_a_malformed_list_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "differences.yaml").write_text("- {only: ours, schemas: [A]}")
    with pytest.raises(DataError, match=r"differences\.yaml#/0"):
        load_differences(tmp_path)
