"""A small world that has one field of every kind, and helpers that filter it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from antiphon_mockserver.video_library.filters import Filter
from antiphon_spec.world import World, load_world

WORLD = """
name: pantry
title: A pantry
files:
  jar:
    id: 11111111-1111-4111-8111-111111111111
    filename: Jar of Plums.mp4
    created_at: 2024-02-01T12:00:00Z
    bytes: 870400
    metadata:
      topic: plums
      rating: 4.5
      shelf: 5
      shelf_text: "5"
      shelf_float: 5.0
      big: 12345678901234567890
      debt: -18
      open: true
      tags: [sweet, Red, 2024, true, null]
      nothing: null
      empty: []
      blank: ""
      origin: {city: Malmö, farm: {name: Nord}}
      steps: [{name: boil, minutes: 12}, {name: cool, minutes: 33}, {minutes: null}]
      day: 2024-02-01
      code: A_1
      sale: 100% off
      both: sweet, sour
      a.b: dotted
      a: {b: nested, c: {d: deep}, c.d: dotted}
    source_metadata:
      source_type: gong
      started: 2024-01-31T09:00:00Z
      parties: [{email: ada@one.example, tags: [host]}, {email: bob@two.example, tags: [guest, late]}]
    video: {duration_seconds: 600, has_audio: true}
    segments:
      - {start: 0, end: 10.1, metadata: {topic: plums, take: 1}}
      - {start: 10.1, end: 130.1, metadata: {topic: sugar, take: 2}}
      - {start: 130.1, end: 600}
  box:
    id: 22222222-2222-4222-8222-222222222222
    filename: box.mov
    created_at: 2024-02-02T00:00:00Z
    bytes: 52428800
    metadata: {topic: figs, shelf: 12, metadata: {topic: inner}}
    video: {duration_seconds: 99, has_audio: false}
    segments:
      - {start: 0, end: 99, metadata: {topic: figs, take: 2}}
  tin:
    id: 33333333-3333-4333-8333-333333333333
    filename: TIN.MP4
    created_at: 2024-02-02T00:00:00Z
    segments: []
collections: {}
"""


def world() -> World:
    """The pantry, loaded as any other world."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "pantry.yaml"
        path.write_text(WORLD, encoding="utf-8")
        return load_world(path)


def criterion(path: str, operator: str, value: str | list[str], **more: str) -> dict[str, Any]:
    """A criterion; a list is its `valueTextArray`."""
    name = "valueText" if isinstance(value, str) else "valueTextArray"
    return {"path": path, "operator": operator, name: value, **more}


def admit(world: World, filter: Filter) -> str:
    """The keys of the files that pass."""
    return " ".join(file.key for file in world.files if filter.matches(file))


def cite(world: World, filter: Filter) -> dict[str, list[int]]:
    """The places of the segments that may be cited, of each file that passes."""
    return {
        file.key: [file.segments.index(segment) for segment in filter.segments(file)]
        for file in world.files
        if filter.matches(file)
    }
