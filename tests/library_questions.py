"""Helpers that ask the library of the shipped worlds."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.video_library.answers import GroundedAnswer, respond
from antiphon_mockserver.video_library.entities import entity_source
from antiphon_mockserver.video_library.filters import parse
from antiphon_mockserver.video_library.library import open_library
from antiphon_mockserver.video_library.scope import EarlierMessage, Inquiry
from antiphon_spec.world import Collection

LIBRARY = open_library("")
KITCHEN, CALLS = "Kitchen videos", "Recorded calls"


def collection_by_name(name: str) -> Collection:
    """The collection of this name."""
    return next(collection for collection in LIBRARY.collections if collection.name == name)


def ask(
    question: str,
    *collections: str,
    entities: tuple[str, ...] = (),
    earlier: tuple[str, ...] = (),
    filter: dict[str, Any] | None = None,
    instructions: str = "",
) -> GroundedAnswer:
    """The answer from these collections; without any, from the default index or from the entities."""
    return respond(
        Inquiry(
            LIBRARY,
            question,
            tuple(
                turn
                for text in earlier
                for turn in (EarlierMessage("user", text), EarlierMessage("assistant", "I see."))
            ),
            instructions,
            tuple(map(collection_by_name, collections)),
            () if collections or entities else LIBRARY.described,
            parse(filter or {}),
            tuple(entity_source(collection_by_name(name)) for name in entities),
        )
    )


def files(answer: GroundedAnswer) -> list[str]:
    """The keys of the files that are cited, in order."""
    return [claim.file.key for claim in answer.claims]


def criterion(path: str, operator: str, text: str, **more: str) -> list[dict[str, str]]:
    """The one criterion of a category."""
    return [{"path": path, "operator": operator, "valueText": text, **more}]
