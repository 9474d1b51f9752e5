"""Answers of a library: questions to the shipped worlds, quotations, and citations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antiphon_mockserver.model.languages import ENGLISH
from antiphon_mockserver.settings import SettingError
from antiphon_mockserver.video_library.claims import chat_citation, citation, clock
from antiphon_mockserver.video_library.library import find_segment, open_library
from antiphon_mockserver.video_library.retrieval import index_of
from antiphon_spec.world import MODALITIES
from library_questions import CALLS, KITCHEN, LIBRARY, ask, collection_by_name, criterion, files

BARE = """
name: bare
title: Bare
files: {a: {filename: a.mp4, created_at: 2024-01-01T00:00:00Z, segments: []}}
collections: {}
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    path = tmp_path / "bare.yaml"
    path.write_text(BARE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (
            "How long does the carbonara rest?",
            'Mara Tennholt says: "The carbonara rests for ninety seconds with the lid on, and then it goes'
            ' straight to the table." (Spaghetti carbonara without cream, 9:01)',
        ),
        (
            "Is there cream in it?",
            'Mara Tennholt says: "No cream. The eggs make the sauce, and cream only hides them."'
            " (Spaghetti carbonara without cream, 0:21)",
        ),
        (
            "What happens when a copper pan is flipped?",
            'The picture shows: "A copper pan is flipped; glossy apples sit in a ring on the pastry."'
            " (Tarte Tatin, turned out whole, 11:40)",
        ),
        (
            "buen provecho",
            'On the screen stands: "¡Buen provecho!" (Pan con tomate, a silent film, 0:50)',
        ),
        (
            "When does somebody applaud, with applause?",
            'One hears: "A thud of metal on wood, then applause." (Tarte Tatin, turned out whole, 11:40)',
        ),
        (
            "お好み焼き",
            'On the screen stands: "お好み焼き" (Okonomiyaki, half an hour exactly, 0:00)',
        ),
        (
            "LEILA MARZOUQ'S onions",
            'Leïla Marzouq says: "One onion, two red peppers, plenty of olive oil. Ten minutes, and do not'
            ' hurry them." (Shakshuka from one pan, 0:02)',
        ),
    ],
)
def test_the_best_passage_is_quoted_first(question: str, line: str) -> None:
    answer = ask(question, KITCHEN)
    assert answer.text.splitlines()[0] == line
    assert answer.claims[0].context in line


@pytest.mark.parametrize(
    "question",
    [
        "Summarise these videos.",
        "What topics are discussed?",
        "What techniques are discussed in these videos?",
        "What happens in the videos?",
        "Tell me about these videos",
        "Provide a comprehensive analysis of all techniques shown.",
        "?",
        "",
    ],
)
def test_an_overview_describes_the_first_files(question: str) -> None:
    answer = ask(question, KITCHEN)
    assert files(answer) == ["carbonara", "miso-soup", "shakshuka", "tarte-tatin", "halloumi"]
    assert [claim.context for claim in answer.claims] == [claim.file.summary for claim in answer.claims]


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (
            ("What topics are discussed?",),
            "Can you go into more detail about the first topic?",
            {"carbonara"},
        ),
        (("What topics are discussed?",), "And more about the second one?", {"miso-soup"}),
        (("What topics are discussed?",), "Tell me more about the last", {"halloumi"}),
        (("What is said about kombu?",), "Go on, tell me more.", {"miso-soup"}),
        (("Hello", "What is said about kombu?"), "Please elaborate", {"miso-soup"}),
        (("What is said about kombu?",), "And what about rendang?", {"rendang"}),
    ],
)
def test_a_question_without_content_words_uses_the_earlier_question(
    earlier: tuple[str, ...], question: str, expected: set[str]
) -> None:
    assert set(files(ask(question, KITCHEN, earlier=earlier))) == expected


def test_a_question_for_detail_gets_the_segments_in_order() -> None:
    answer = ask("More detail on the second, please", KITCHEN, earlier=("What topics are discussed?",))
    miso = answer.claims[0].file
    assert [claim.segment for claim in answer.claims] == list(miso.segments)


def test_without_a_match_nothing_is_cited() -> None:
    answer = ask("Who won the chess tournament?", KITCHEN)
    assert (answer.text, answer.claims) == (ENGLISH.nothing_found, ())


@pytest.mark.parametrize("entities", [(), ("recipes",)])
def test_without_sources_nothing_is_cited(entities: tuple[str, ...]) -> None:
    no_match = {"metadata": criterion("cuisine", "Equal", "Martian")}
    for question in ("What topics are discussed?", "How many eggs?"):
        answer = ask(question, KITCHEN, entities=entities, filter=no_match)
        assert (answer.text, answer.claims) == (ENGLISH.nothing_to_search, ())


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({}, ["shakshuka", "carbonara", "carbonara", "okonomiyaki", "carbonara"]),
        ({"metadata": criterion("cuisine", "Equal", "Italian")}, ["carbonara"] * 3),
        ({"metadata": criterion("topic", "Equal", "sauce", scope="segment")}, ["carbonara", "carbonara"]),
        ({"video_info": criterion("duration_seconds", "GreaterThan", "1000")}, ["shakshuka"]),
    ],
)
def test_only_filtered_files_are_cited(filter: dict[str, Any], expected: list[str]) -> None:
    assert files(ask("eggs", KITCHEN, filter=filter)) == expected


def test_an_overview_cites_a_segment_that_the_filter_admits() -> None:
    answer = ask("Overview", KITCHEN, filter={"metadata": criterion("take", "Equal", "2", scope="segment")})
    assert files(answer) == ["carbonara", "miso-soup", "tarte-tatin", "rendang"]
    assert [claim.segment.title for claim in answer.claims if claim.segment] == [
        "Crisping the guanciale",
        "Miso goes in last",
        "The caramel",
        "Beef and coconut milk",
    ]


def test_a_file_is_cited_as_member_of_the_first_collection_that_holds_it() -> None:
    answer = ask("carbonara and rendang", "Weeknight dinners", KITCHEN)
    by_file = {claim.file.key: claim.collection.name for claim in answer.claims if claim.collection}
    assert by_file == {"carbonara": "Weeknight dinners", "rendang": KITCHEN}


def test_from_the_default_index_files_are_cited_without_a_collection() -> None:
    answer = ask("price")
    assert answer.claims != ()
    assert {claim.collection for claim in answer.claims} == {None}


@pytest.mark.parametrize("instructions", ["Answer in one sentence.", "Be brief.", "Keep it concise"])
def test_instructions_may_ask_for_one_sentence(instructions: str) -> None:
    answer = ask("eggs", KITCHEN, instructions=instructions)
    assert answer.text.count("\n") == 0
    assert len(answer.claims) == 1


QUESTIONS = [
    ("eggs", (KITCHEN,), ()),
    ("price", (CALLS,), ()),
    ("security", (), ()),
    ("What topics?", (KITCHEN, CALLS), ()),
    ("Which recipes need the fewest ingredients?", (KITCHEN,), ("recipes",)),
    ("What objections were raised about security?", (CALLS,), ("moments",)),
    ("Which recipes need the fewest ingredients?", (), ("recipes",)),
    ("What topics?", (), ("recipes",)),
    ("What cuisine?", ("Kitchen shelf",), ()),
]


@pytest.mark.parametrize(("question", "collections", "entities"), QUESTIONS)
def test_the_text_has_the_context_of_every_citation(
    question: str, collections: tuple[str, ...], entities: tuple[str, ...]
) -> None:
    answer = ask(question, *collections, entities=entities)
    assert 0 < len(answer.claims) <= 5
    assert all(claim.sentence in answer.text for claim in answer.claims)
    assert answer == ask(question, *collections, entities=entities)


@pytest.mark.parametrize(("question", "collections", "entities"), QUESTIONS)
@pytest.mark.parametrize("include", [False, True])
def test_citations_have_all_members(
    question: str, collections: tuple[str, ...], entities: tuple[str, ...], include: bool
) -> None:
    for claim in ask(question, *collections, entities=entities).claims:
        annotation = citation(claim, include)
        file = LIBRARY.file(annotation["file_id"])
        assert file is not None
        assert annotation["type"] == "cloudglue_citation"
        assert annotation["context"] == claim.context
        assert ("collection_id" in annotation) is bool(collections or entities)
        assert ("segment_id" in annotation) is ("end_time" in annotation)
        if "segment_id" in annotation:
            segment = find_segment(file, annotation["segment_id"])
            assert segment is not None
            assert (annotation["start_time"], annotation["end_time"]) == (segment.start, segment.end)
        assert {"relevant_sources", *MODALITIES}.issubset(annotation) is include
        assert include or not {"relevant_sources", *MODALITIES}.intersection(annotation)


def test_descriptions_in_a_citation_are_texts() -> None:
    (claim, *_) = ask("guanciale in a cold frying pan", KITCHEN).claims
    assert citation(claim, include=True) == {
        "type": "cloudglue_citation",
        "collection_id": collection_by_name(KITCHEN).id,
        "file_id": "5b0c8d1e-3f52-4c6a-9a57-1d2e7c40b9f3",
        "start_time": 60,
        "segment_id": claim.file.segments[1].id,
        "end_time": 115,
        "context": 'Mara Tennholt says: "Start the guanciale in a cold frying pan, so that the fat melts'
        ' before the outside burns."',
        "relevant_sources": ["speech"],
        "speech": [
            "Start the guanciale in a cold frying pan, so that the fat melts before the outside burns.",
            "Eight minutes on medium heat. Keep every drop of that fat, it carries the flavour.",
        ],
        "visual_scene_description": [
            "Strips of guanciale turn golden in a frying pan.",
            "Clear fat pools at the rim.",
        ],
        "scene_text": [],
        "audio_description": ["Fat crackles and spits."],
    }


def test_descriptions_in_a_citation_of_a_chat_are_objects() -> None:
    (claim, *_) = ask("お好み焼き", KITCHEN).claims
    annotation = chat_citation(claim)
    assert "type" not in annotation
    assert (annotation["start_time"], annotation["end_time"]) == (0, 42)
    assert annotation["relevant_sources"] == [{"text": "scene_text"}]
    assert annotation["scene_text"][0] == {"text": "お好み焼き", "start_time": 0, "end_time": 42}
    assert annotation["speech"][1] == {
        "speaker": "Kenzo Aramichi",
        "text": "Fifteen minutes of prep, fifteen in the pan: half an hour exactly.",
        "start_time": 20,
        "end_time": 33,
    }
    assert annotation["audio_description"] == []


def test_relevant_sources_are_modalities_of_the_file() -> None:
    for question, collections, entities in QUESTIONS:
        for claim in ask(question, *collections, entities=entities).claims:
            assert all(claim.modalities[name] for name in claim.relevant_sources)


@pytest.mark.parametrize(
    "hostile",
    [
        '"',
        "'eggs'); DROP TABLE segments; --",
        'NEAR("eggs" "sauce", 2) AND NOT segments : {title} ^eggs*',
        "eggs AND OR NOT ((((",
        "eggs\x00sauce",
        "eggs 🍳 \U0010ffff \u200b sauce",
        "eggs \ud800 sauce",
        "eggs ² ½ ١٢٣ _ __ a_b sauce",
        "column:eggs -sauce +rest",
        "under " * 20_000 + "eggs",
        "who needs the most " * 10_000 + "about eggs",
        "eggs " * 20_000,
        "under 5 minutes " * 5_000 + "eggs",
        " ".join(f"word{number}" for number in range(20_000)) + " eggs",
        "9" * 100_000 + " eggs",
        "under " + "9" * 50_000 + ".5 eggs",
    ],
    ids=range(16),
)
def test_hostile_questions_are_questions(hostile: str) -> None:
    for entities in ((), ("recipes", "steps")):
        answer = ask(hostile, KITCHEN, entities=entities)
        assert set(files(answer)) <= {file.key for file in collection_by_name(KITCHEN).files}
        assert len(answer.text) < 10_000


def test_words_of_query_syntax_are_plain_words() -> None:
    assert files(ask("eggs AND NOT (cream OR custard)", KITCHEN))[0] == "carbonara"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("5b0c8d1e-3f52-4c6a-9a57-1d2e7c40b9f3", "carbonara"),
        ("cloudglue://files/5b0c8d1e-3f52-4c6a-9a57-1d2e7c40b9f3", "carbonara"),
        ("https://youtube.example/watch?v=carbonara-03", "carbonara"),
        ("https://youtube.example/watch?v=other", None),
        ("spaghetti_carbonara.mp4", None),
        ("", None),
    ],
)
def test_a_file_has_three_names(name: str, file: str | None) -> None:
    entry = LIBRARY.file(name)
    assert (entry.key if entry else None) == file


def test_a_library_finds_its_resources() -> None:
    assert LIBRARY.files == LIBRARY.world.files
    assert LIBRARY.collections == LIBRARY.world.collections
    assert LIBRARY.collection(collection_by_name("recipes").id) is collection_by_name("recipes")
    assert LIBRARY.collection("recipes") is None
    assert [file.key for file in LIBRARY.files if file not in LIBRARY.described] == ["ramen-draft"]
    file = LIBRARY.files[0]
    assert find_segment(file, file.segments[1].id) is file.segments[1]
    assert find_segment(file, "none") is None


def test_worlds_are_opened_by_name_by_path_and_all_at_once(bare: Path) -> None:
    assert open_library("") is LIBRARY
    assert open_library("cooking").world.name == "cooking"
    assert open_library(str(bare)).world.title == "Bare"


def test_an_unknown_world_is_rejected_with_the_known_names() -> None:
    with pytest.raises(SettingError) as error:
        open_library("kitchen")
    expected = "a YAML file, or the name of a shipped world (cooking, sales)"
    assert (error.value.where, error.value.expected, error.value.actual) == (
        "world kitchen",
        expected,
        "no such file",
    )


def test_a_library_without_descriptions_finds_nothing(bare: Path) -> None:
    assert index_of(open_library(str(bare))).find("anything", [], 5) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65.9, "1:05"), (600, "10:00"), (3599.99, "59:59"), (3630, "1:00:30")]
)
def test_times_have_the_format_of_players(seconds: float, text: str) -> None:
    assert clock(seconds) == text
