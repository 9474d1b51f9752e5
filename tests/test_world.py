"""Worlds: how the loader reads a file, and which files it rejects."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon_spec.world import World, WorldError, join, load_world

SMALL = """
name: small
title: A small world
files:
  one:
    filename: one.mp4
    created_at: 2024-02-29T00:00:00Z
    metadata: {day: 2024-02-29, at: 2024-02-29T10:00:00Z, quoted: "2024-02-29"}
    video: {duration_seconds: 60}
    segments:
      - {start: 0, end: 30, speech: [{speaker: Ada, start: 5, end: 9, text: Hello}]}
      - {start: 40, end: 60}
  two:
    filename: two.mp4
    created_at: 2024-03-01T00:00:00Z
    segments: []
collections:
  all:
    name: All
    type: entities
    created_at: 2024-04-01T00:00:00Z
    files: [one, two]
    entities: {one: {segments: [{segment: 1, entities: {}}]}}
  none:
    name: None
    type: metadata
    created_at: 2024-04-02T00:00:00Z
    files: []
"""
SCHEMA = "what schemas/world.schema.yaml allows"
TWICE = "00000000-0000-4000-8000-000000000000"


def load(path: Path, text: str = SMALL) -> World:
    (path / "small.yaml").write_text(text, encoding="utf-8")
    return load_world(path / "small.yaml")


@pytest.mark.parametrize(
    ("right", "wrong", "where", "expected", "actual"),
    [
        ("files: [one, two]", "files: [one, six]", "#/collections/all/files", "one of one, two", "six"),
        ("files: [one, two]", "files: [two]", "#/collections/all/entities", "one of two", "one"),
        ("duration_seconds: 60", "duration_seconds: 50", "#/files/one", "segments within 50 seconds", "60"),
        ("start: 0", "start: 30", "#/files/one/segments/0", "an end after the start at 30", "30"),
        ("start: 40", "start: 61", "#/files/one/segments/1", "an end after the start at 61", "60"),
        ("end: 9", "end: 31", "#/files/one/segments/0/speech/0", "a time within 0 to 30", "5 to 31"),
        ("end: 9", "end: 5", "#/files/one/segments/0/speech/0", "a time within 0 to 30", "5 to 5"),
        ("segment: 1", "segment: 2", "#/collections/all/entities/one/segments", "an index below 2", "2"),
        ("2024-02-29T00", "2023-02-29T00", "#/files/one/created_at", "a date of the calendar", "2023-02-29"),
        ("2024-04-01T", "2024-13-01T", "#/collections/all/created_at", "a date of the calendar", "2024-13"),
        ("2024-03-01T00:00:00Z", "2024-03-01", "#/files/two/created_at", SCHEMA, "2024-03-01"),
        ("filename: two", "filname: two", "#/files/two/filname", "one of ", "did you mean 'filename'?"),
        (
            "filename: two.mp4",
            "filename: two.mp4\n    colour: red",
            "#/files/two/colour",
            "one of ",
            "'colour'",
        ),
        ("filename: two", "source: vhs\n    filename: two", "#/files/two/source", SCHEMA, "vhs"),
        (
            "speaker: Ada, ",
            "",
            "#/files/one/segments/0/speech/0",
            "`speaker`, which is required",
            "without it",
        ),
        ("  one:", "  One:", "#/files", SCHEMA, "One"),
        ("type: entities", "type: moments", "#/collections/all/type", SCHEMA, "moments"),
        ("title: A small world", "title: ''", "#/title", SCHEMA, "shorter than 1"),
        ("name: small", "name: [", "small.yaml", "YAML", "did not find expected ',' or ']'"),
    ],
)
def test_a_wrong_world_is_rejected_with_the_place(
    right: str, wrong: str, where: str, expected: str, actual: str, tmp_path: Path
) -> None:
    assert right in SMALL
    with pytest.raises(WorldError) as problem:
        load(tmp_path, SMALL.replace(right, wrong, 1))
    assert problem.value.where.partition(" (line ")[0].endswith(where)
    assert expected in problem.value.expected
    assert actual in problem.value.actual


def test_a_missing_world_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"none\.yaml: expected a YAML file, got no such file"):
        load_world(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("file", ("filename: one.mp4", "filename: two.mp4")),
        ("segment", ("{start: 0, end: 30", "{start: 40, end: 60")),
        ("collection", ("name: All", "name: None")),
    ],
)
def test_ids_are_unique_in_a_world(kind: str, members: tuple[str, str], tmp_path: Path) -> None:
    text = SMALL
    for member in members:
        text = text.replace(
            member, f"{member}, id: {TWICE}" if kind == "segment" else f"{member}\n    id: {TWICE}"
        )
    with pytest.raises(WorldError, match=rf"small\.yaml: expected every {kind} once, got 2 of id {TWICE}"):
        load(tmp_path, text)


def test_ids_are_unique_in_joined_worlds(tmp_path: Path) -> None:
    small = load(tmp_path)
    with pytest.raises(
        WorldError, match=rf"small\+small: .* every file once, got 2 of id {small.files[0].id}"
    ):
        join([small, small])


def test_dates_without_quotes_stay_text(tmp_path: Path) -> None:
    file = load(tmp_path).files[0]
    assert file.metadata == {"day": "2024-02-29", "at": "2024-02-29T10:00:00Z", "quoted": "2024-02-29"}
    assert file.created_at == 1709164800_000


def test_absent_members_have_defaults(tmp_path: Path) -> None:
    two = load(tmp_path).files[1]
    assert (two.title, two.summary, two.status, two.source) == ("two.mp4", "", "completed", "upload")
    assert (two.bytes, two.url, two.metadata, two.source_metadata, two.video) == (0, None, None, None, None)
    assert two.uri == f"cloudglue://files/{two.id}"


def test_a_passage_without_times_lasts_as_long_as_its_segment(tmp_path: Path) -> None:
    (hello,) = load(tmp_path, SMALL.replace("start: 5, end: 9, ", "")).files[0].segments[0].passages["speech"]
    assert (hello.speaker, hello.text, hello.start, hello.end) == ("Ada", "Hello", 0, 30)


def test_files_are_added_one_second_after_another(tmp_path: Path) -> None:
    collection = load(tmp_path).collections[0]
    offsets = [collection.added_at(member) - collection.created_at for member in collection.files]
    assert offsets == [1000, 2000]
