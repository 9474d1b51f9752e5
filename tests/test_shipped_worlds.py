"""The shipped worlds have every variety that filters need, and their repeated facts agree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from antiphon_spec.world import (
    MODALITIES,
    Collection,
    File,
    Members,
    Segment,
    World,
    join,
    load_world,
)

SHIPPED = Path(str(files("antiphon_fixtures"))) / "worlds"
COOKING, SALES = WORLDS = [load_world(SHIPPED / f"{name}.yaml") for name in ("cooking", "sales")]
BOTH = join(WORLDS)
FILES = {file.key: file for file in BOTH.files}


def test_ids_are_uuids_and_no_two_are_the_same() -> None:
    segments = [segment.id for file in BOTH.files for segment in file.segments]
    ids = [thing.id for thing in (*BOTH.files, *BOTH.collections)] + segments
    assert [str(UUID(id)) for id in ids] == ids
    assert len(set(ids)) == len(ids)


def test_ids_follow_from_the_keys_unless_the_file_sets_them() -> None:
    assert FILES["carbonara"].id == "5b0c8d1e-3f52-4c6a-9a57-1d2e7c40b9f3"
    assert [UUID(file.id).version for file in COOKING.files] == [4] + [5] * 9
    assert load_world(SHIPPED / "cooking.yaml") == COOKING


def test_the_joined_world_has_both_worlds() -> None:
    assert (BOTH.name, BOTH.title) == ("cooking+sales", "Cooking videos and Recorded sales calls")
    assert [len(world.files) for world in WORLDS] == [10, 7]
    assert [len(world.collections) for world in WORLDS] == [7, 4]
    assert len(FILES) == 17, "keys name files in the tables below, so no two may be the same"


def test_there_is_a_collection_of_each_type() -> None:
    types = {collection.type for collection in BOTH.collections}
    assert types == {"media-descriptions", "rich-transcripts", "entities", "metadata", "face-analysis"}


def test_one_pending_file_belongs_to_no_collection() -> None:
    file_ids = {file.id for collection in BOTH.collections for file in collection.files}
    assert [(key, file.status) for key, file in FILES.items() if file.id not in file_ids] == [
        ("ramen-draft", "pending")
    ]
    assert {file.status for file in BOTH.files if file.id in file_ids} == {"completed"}


@pytest.mark.parametrize(
    "file", [file for file in BOTH.files if file.status == "completed"], ids=lambda file: file.key
)
def test_segments_last_15_to_60_seconds_and_follow_one_another(file: File) -> None:
    times = [time for segment in file.segments for time in (segment.start, segment.end)]
    assert times == sorted(times)
    assert 3 <= len(file.segments) <= 6
    assert all(15 <= segment.end - segment.start <= 60 for segment in file.segments)
    assert all(segment.title and segment.summary for segment in file.segments)


def test_files_were_created_over_two_years_and_two_of_each_world_in_the_same_second() -> None:
    times = [file.created_at for file in BOTH.files]
    assert (max(times) - min(times)) // 86_400_000 in range(700, 731)
    for world in WORLDS:
        times_of_world = Counter(file.created_at for file in world.files)
        assert [count for count in times_of_world.values() if count > 1] == [2]


# The varieties that filters are tested on

MISSING = "no such member"
YOUTUBE = {"carbonara", "okonomiyaki"}
VARIETIES: list[tuple[str, str, tuple[str, ...], Any]] = [
    ("nested", "carbonara", ("chef", "home", "country"), "SE"),
    ("nested, incomplete", "halloumi", ("category", "subcategory"), MISSING),
    ("a key with a dot", "carbonara", ("series.name",), "Pan Stories"),
    ("the same path, nested", "miso-soup", ("series", "name"), "Pan Stories"),
    ("both, with other values", "shakshuka", ("series.name",), "One Pan"),
    ("both, with other values", "shakshuka", ("series", "name"), "Pan Stories"),
    ("a member by the name of a prefix", "halloumi", ("metadata", "topic"), "skewers"),
    ("which the file has too", "halloumi", ("topic",), "grilling"),
    ("an array of text", "carbonara", ("tags",), ["pasta", "quick", "eggs"]),
    ("an empty array", "shakshuka", ("tags",), []),
    ("a missing array", "halloumi", ("tags",), MISSING),
    ("text where others have an array", "marisol", ("competitors",), "Kestrelix"),
    ("an array of numbers", "rendang", ("portions",), [2, 6]),
    ("an array of objects", "tarte-tatin", ("steps", "0", "name"), "caramel"),
    ("a null", "carbonara", ("subtitle",), None),
    ("missing", "miso-soup", ("subtitle",), MISSING),
    ("a fraction", "carbonara", ("rating",), 4.5),
    ("the same as text", "shakshuka", ("rating",), "4.5"),
    ("an integer", "miso-soup", ("rating",), 4),
    ("a number before", "carbonara", ("episode",), 3),
    ("a number after, which is before it as text", "miso-soup", ("episode",), 12),
    ("a null where others have a number", "halloumi", ("episode",), None),
    ("zero", "tarte-tatin", ("likes",), 0),
    ("a negative number", "rendang", ("storage_celsius",), -18),
    ("a boolean", "carbonara", ("vegetarian",), False),
    ("a boolean as text", "halloumi", ("vegetarian",), "true"),
    ("a date as text", "carbonara", ("published_on",), "2023-02-15"),
    ("empty text", "tarte-tatin", ("sponsor",), ""),
    ("a capital", "miso-soup", ("cuisine",), "Japanese"),
    ("no capital", "okonomiyaki", ("cuisine",), "japanese"),
    ("a comma", "carbonara", ("style",), "quick, easy"),
    ("a comma without a blank", "shakshuka", ("style",), "quick,easy"),
    ("what is before the comma", "miso-soup", ("style",), "quick"),
    ("an underscore", "carbonara", ("shelf",), "A_1"),
    ("a letter in its place", "miso-soup", ("shelf",), "AB1"),
    ("a percent sign", "rendang", ("note",), "100% coconut milk"),
    ("an accent", "shakshuka", ("chef", "name"), "Leïla Marzouq"),
    ("Japanese", "okonomiyaki", ("dish",), "お好み焼き"),
    ("an emoji", "ferrow", ("tags",), ["retail", "signed", "🌷"]),
]


def value_at(members: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        members = members[int(step)] if isinstance(members, list) else members.get(step, MISSING)
    return members


@pytest.mark.parametrize(
    ("variety", "key", "path", "value"), VARIETIES, ids=[f"{row[0]}: {row[1]}" for row in VARIETIES]
)
def test_metadata_has_each_variety(variety: str, key: str, path: tuple[str, ...], value: Any) -> None:
    there = value_at(FILES[key].metadata, path)
    assert (type(there), there) == (type(value), value), variety


@pytest.mark.parametrize(
    ("key", "path", "value"),
    [
        ("miso-soup", ("owners", "1", "email_address"), "mara@panstories.example"),
        ("pan-con-tomate", ("iconik_metadata", "Keywords"), ["bread", "tomato", "silent"]),
        ("quillmere", ("parties", "1", "name"), "Henrike Solvang"),
        ("quillmere", ("started",), "2023-08-29T08:30:00Z"),
        ("quillmere", ("trackers",), []),
        ("marisol", ("topic",), ""),
        ("marisol", ("host_email",), None),
        ("nakatori", ("tags",), ["proposal", "apac"]),
    ],
)
def test_source_metadata_has_each_variety(key: str, path: tuple[str, ...], value: Any) -> None:
    assert value_at(FILES[key].source_metadata, path) == value


def test_some_files_lack_optional_members() -> None:
    def lacking(member: str) -> list[str]:
        return [key for key, file in FILES.items() if getattr(file, member) is None]

    assert lacking("metadata") == ["pan-con-tomate"]
    assert lacking("video") == ["ramen-draft", "quillmere"]
    assert set(FILES) - set(lacking("url")) == {
        *YOUTUBE,
        "rendang",
        "ramen-draft",
        "ferrow",
        "nakatori",
        "soffritto",
    }
    assert set(lacking("source_metadata")) >= {*YOUTUBE, "halloumi"}


def test_a_silent_video_has_no_sound() -> None:
    silent = [file for file in BOTH.files if file.video and not file.video["has_audio"]]
    assert [file.key for file in silent] == ["pan-con-tomate"]
    assert text_of(silent[0].segments, "speech", "audio_description") == ""


def test_numbers_and_their_texts_sort_differently() -> None:
    durations = [file.video["duration_seconds"] for file in BOTH.files if file.video]
    sizes = [file.bytes for file in BOTH.files]
    segments = [segment.end - segment.start for file in BOTH.files for segment in file.segments]
    for numbers in (durations, sizes):
        assert sorted(numbers) != sorted(numbers, key=str)
    assert {99, 600} <= set(durations)
    assert min(sizes) < 1_000_000 < 1_000_000_000 < max(sizes)
    assert min(segments) < 30 < max(segments)


def test_sources_differ() -> None:
    assert {file.source for file in COOKING.files} >= {"youtube", "google-drive", "dropbox", "upload", "s3"}
    assert {file.source for file in SALES.files} >= {"zoom", "gong", "google-drive", "recall", "grain"}
    assert {file.key for file in BOTH.files if file.source == "youtube"} == YOUTUBE


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_segments_have_metadata_of_their_own(world: World) -> None:
    metadata = [segment.metadata for file in world.files for segment in file.segments if segment.metadata]
    assert len(metadata) >= 10
    assert {"tags" in metadata for metadata in metadata} == {True, False}


def test_a_topic_of_a_segment_may_be_that_of_its_file_or_another() -> None:
    topics = [
        (segment.metadata or {}).get("topic") == (file.metadata or {}).get("topic")
        for file in COOKING.files
        for segment in file.segments
    ]
    assert {True, False} == set(topics)


# Repeated facts


def collection(world: World, key: str) -> Collection:
    return next(collection for collection in world.collections if collection.key == key)


def of_files(world: World, key: str) -> dict[str, Members]:
    """The entities of whole files, by the key of the file."""
    source = collection(world, key)
    return {file.key: source.entities[file.id].file for file in source.files}


def of_segments(world: World, key: str) -> list[tuple[str, Segment, Members]]:
    """The entities of segments, each with the key of its file and the segment."""
    source = collection(world, key)
    return [
        (file.key, segment, entities)
        for file in source.files
        if file.id in source.entities
        for segment, entities in source.entities[file.id].segments
    ]


def text_of(segments: Iterable[Segment], *modalities: str) -> str:
    """All passages of these segments, in lower case."""
    passages = (passage for segment in segments for kind in modalities for passage in segment.passages[kind])
    return "\n".join(passage.text for passage in passages).lower()


RECIPES = of_files(COOKING, "recipes")
CALLS = of_files(SALES, "calls")
MOMENTS = of_segments(SALES, "moments")
COMPETITORS = {name for call in CALLS.values() for name in call["competitors"]}


@pytest.mark.parametrize("key", RECIPES)
def test_a_recipe_agrees_with_its_video(key: str) -> None:
    recipe, segments = RECIPES[key], FILES[key].segments
    card = (
        f"{recipe['difficulty']} · serves {recipe['servings']} · prep {recipe['prep_minutes']} min"
        f" · cook {recipe['cook_minutes']} min · total {recipe['total_minutes']} min"
    )
    scene = text_of(segments, "scene_text").splitlines()
    text = text_of(segments, *MODALITIES)
    assert recipe["total_minutes"] == recipe["prep_minutes"] + recipe["cook_minutes"]
    assert scene.count(card) == 1
    assert ("vegetarian" in scene) is recipe["vegetarian"]
    assert [thing for thing in recipe["ingredients"] + recipe["equipment"] if thing not in text] == []


@pytest.mark.parametrize("key", [key for key in RECIPES if FILES[key].metadata])
def test_a_recipe_agrees_with_the_metadata(key: str) -> None:
    metadata = FILES[key].metadata or {}
    assert metadata["cuisine"].lower() == RECIPES[key]["cuisine"].lower()
    assert str(metadata["vegetarian"]).lower() == str(RECIPES[key]["vegetarian"]).lower()
    if "chef" in metadata:
        speakers = {
            passage.speaker for segment in FILES[key].segments for passage in segment.passages["speech"]
        }
        assert speakers == {metadata["chef"]["name"]}


def test_a_step_agrees_with_its_segment() -> None:
    steps = of_segments(COOKING, "steps")
    assert len(steps) == 9
    for _, segment, entities in steps:
        text = text_of([segment], *MODALITIES)
        assert [ingredient for ingredient in entities["ingredients"] if ingredient not in text] == []


@pytest.mark.parametrize("key", CALLS)
def test_a_call_agrees_with_its_recording(key: str) -> None:
    call, file = CALLS[key], FILES[key]
    speech = text_of(file.segments, "speech")
    metadata = file.metadata or {}
    assert len(re.findall(r"\bpric(?:e|es|ing)\b", speech)) == call["price_mentions"]
    assert f"${call['deal_size_usd']:,}" in speech
    assert {name for name in COMPETITORS if name.lower() in speech} == set(call["competitors"])
    assert (call["next_step"] or "").lower() in speech
    for summary in (file.summary, file.segments[-1].summary):
        assert re.findall(r"\b(?:won|lost|open)\b", summary) == [call["outcome"]]
    assert (metadata["account"]["name"], metadata["deal"]["stage"]) == (call["company"], call["stage"])
    assert int(metadata["deal"]["amount"]) == call["deal_size_usd"]


@pytest.mark.parametrize(
    ("key", "segment", "moment"), MOMENTS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_moment_agrees_with_its_segment(key: str, segment: Segment, moment: Members) -> None:
    seconds: Counter[str] = Counter()
    for passage in segment.passages["speech"]:
        seconds[passage.speaker or ""] += round(passage.end - passage.start)
    assert seconds.most_common(1)[0][0] == moment["speaker"]
    assert (segment.metadata or {})["topic"] == moment["topic"]
    assert (moment["objection"] or "").lower() in text_of([segment], "speech")
    assert ("objects" in segment.summary) is (moment["objection"] is not None)


def test_each_segment_of_a_call_has_a_moment() -> None:
    assert [segment for _, segment, _ in MOMENTS] == [
        segment for file in SALES.files for segment in file.segments
    ]


# Questions that have one answer


def test_questions_about_recipes_have_one_answer() -> None:
    minutes = {key: recipe["total_minutes"] for key, recipe in RECIPES.items()}
    counts = Counter(len(recipe["ingredients"]) for recipe in RECIPES.values())
    fewest = [key for key, recipe in RECIPES.items() if len(recipe["ingredients"]) == min(counts)]
    vegetarian = {key for key, recipe in RECIPES.items() if recipe["vegetarian"]}
    assert {key for key, total in minutes.items() if total < 30} == {
        "carbonara",
        "miso-soup",
        "halloumi",
        "pan-con-tomate",
    }
    assert [key for key, total in minutes.items() if total == 30] == ["okonomiyaki"]
    assert min(minutes, key=lambda key: minutes[key]) == "halloumi"
    assert (fewest, min(counts)) == (["halloumi"], 3)
    assert vegetarian == {"miso-soup", "shakshuka", "tarte-tatin", "halloumi", "pan-con-tomate"}


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("carbonara rests", "ninety seconds"),
        ("batter rests", "ten minutes"),
        ("tart cools", "ten minutes"),
        ("litre of coconut milk", "beef"),
        ("penetration test is", "fourteen months"),
    ],
)
def test_questions_about_speech_have_one_answer(words: str, answer: str) -> None:
    lines = text_of([segment for file in BOTH.files for segment in file.segments], "speech").splitlines()
    (line,) = [line for line in lines if words in line]
    assert answer in line


def test_questions_about_calls_have_one_answer() -> None:
    sizes = {key: call["deal_size_usd"] for key, call in CALLS.items()}
    outcomes = {key: call["outcome"] for key, call in CALLS.items()}
    about_security = {
        (key, moment["objection"])
        for key, _, moment in MOMENTS
        if moment["topic"] == "security" and moment["objection"]
    }
    assert {key for key, outcome in outcomes.items() if outcome == "won"} == {"pellworth", "ferrow"}
    assert {key for key, outcome in outcomes.items() if outcome == "lost"} == {"quillmere", "marisol"}
    assert sorted(sizes.values())[-2:] == [118_000, sizes["halden"]]
    assert about_security == {
        ("quillmere", "patient addresses may not leave the country"),
        ("halden", "the newest penetration test is fourteen months old"),
        ("halden", "single sign-on is missing from the standard plan"),
    }


def test_rosa_spoke_most_about_price_by_every_count() -> None:
    about_price = [(segment, moment) for _, segment, moment in MOMENTS if moment["topic"] == "price"]
    passages = [passage for segment, _ in about_price for passage in segment.passages["speech"]]
    by_moments, by_seconds, by_words, by_mentions = Counter(), Counter(), Counter(), Counter()
    by_moments.update(moment["speaker"] for _, moment in about_price)
    for passage in passages:
        by_seconds[passage.speaker] += round(passage.end - passage.start)
        by_words[passage.speaker] += len(passage.text.split())
        by_mentions[passage.speaker] += passage.text.lower().count("price")
    for count in (by_moments, by_seconds, by_words, by_mentions):
        (first, most), (_, next_most) = count.most_common(2)
        assert (first, most > next_most) == ("Rosa Quintavel", True)
