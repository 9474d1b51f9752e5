"""Answers from entities: shapes of questions, facts, and the collection that answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from antiphon_mockserver.video_library.answers import respond
from antiphon_mockserver.video_library.claims import citation
from antiphon_mockserver.video_library.entities import entity_source, facts_text, flat, measure, text_of
from antiphon_mockserver.video_library.scope import Inquiry
from library_questions import CALLS, KITCHEN, LIBRARY, ask, collection_by_name, criterion, files

ALL = ("recipes", "steps")
BOTH = ("calls", "moments")


@pytest.mark.parametrize(
    ("question", "saying", "expected"),
    [
        ("Which recipes require the fewest ingredients?", "Fewest ingredients in recipes: 3.", "halloumi"),
        ("What has the most ingredients?", "Most ingredients in recipes: 12.", "rendang"),
        ("What is the quickest dish?", "Quickest total_minutes in recipes: 12.", "halloumi"),
        ("Which recipe takes longest to cook?", "Longest cook_minutes in recipes: 180.", "rendang"),
        (
            "Which Japanese dish has the fewest ingredients?",
            "Fewest ingredients in recipes with cuisine Japanese: 5.",
            "miso-soup",
        ),
        (
            "Which beginner recipes take under 30 minutes?",
            "4 of 8 in recipes with total_minutes under 30 and difficulty easy.",
            "carbonara miso-soup halloumi pan-con-tomate",
        ),
        (
            "Which have less than 10 minutes of prep?",
            "2 of 8 in recipes with prep_minutes under 10.",
            "miso-soup halloumi",
        ),
        (
            "Which need more than 8 ingredients?",
            "2 of 8 in recipes with ingredients over 8.",
            "shakshuka rendang",
        ),
        (
            "Which dishes take no more than 15 minutes?",
            "3 of 8 in recipes with total_minutes at most 15.",
            "miso-soup halloumi pan-con-tomate",
        ),
        (
            "Which dish has at least 6 servings?",
            "2 of 8 in recipes with servings at least 6.",
            "tarte-tatin rendang",
        ),
        (
            "Is anything easy and Indonesian?",
            "0 of 8 in recipes with cuisine Indonesian and difficulty easy.",
            "",
        ),
        ("Anything Italian?", "1 of 8 in recipes with cuisine Italian.", "carbonara"),
        (
            "Italian or French dishes",
            "2 of 8 in recipes with cuisine Italian or French.",
            "carbonara tarte-tatin",
        ),
        ("What needs more than a frying pan?", "1 of 8 in recipes with equipment frying pan.", "carbonara"),
        ("What needs a frying pan?", "1 of 8 in recipes with equipment frying pan.", "carbonara"),
        (
            "What dishes are mentioned?",
            "In recipes: 8 (Spaghetti carbonara, Miso soup, Shakshuka, Tarte Tatin, Halloumi skewers,"
            " Okonomiyaki, Beef rendang, Pan con tomate).",
            "carbonara miso-soup shakshuka tarte-tatin halloumi",
        ),
    ],
)
def test_recipes_answer_questions(question: str, saying: str, expected: str) -> None:
    answer = ask(question, KITCHEN, entities=("recipes",))
    assert answer.text.splitlines()[0] == saying
    assert sorted(files(answer)) == sorted(expected.split())


@pytest.mark.parametrize(
    ("question", "saying", "expected"),
    [
        ("Which deals were won?", "2 of 7 in calls with outcome won.", "pellworth ferrow"),
        ("How many calls were lost?", "2 of 7 in calls with outcome lost.", "marisol quillmere"),
        ("What is the largest deal?", "Largest deal_size_usd in calls: 240000.", "halden"),
        (
            "The smallest deal that was won?",
            "Smallest deal_size_usd in calls with outcome won: 9800.",
            "ferrow",
        ),
        ("In which call is price mentioned most?", "Most price_mentions in calls: 5.", "marisol"),
        ("Who competes: Kestrelix?", "2 of 7 in calls with competitors Kestrelix.", "quillmere marisol"),
        (
            "What objections were raised about security?",
            "3 of 24 in moments with topic security.",
            "quillmere halden halden",
        ),
    ],
)
def test_sales_calls_answer_questions(question: str, saying: str, expected: str) -> None:
    for entities in (BOTH, BOTH[::-1]):
        answer = ask(question, CALLS, entities=entities)
        assert answer.text.splitlines()[0] == saying
        assert sorted(files(answer)) == sorted(expected.split())


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        ("How many servings of rendang?", ["servings 6"]),
        ("What is the difficulty of shakshuka?", ["title Shakshuka; difficulty medium"]),
        ("How long does it take to cook okonomiyaki?", ["title Okonomiyaki; cook_minutes 15"]),
    ],
)
def test_a_fact_of_one_file_is_looked_up(question: str, facts: list[str]) -> None:
    answer = ask(question, KITCHEN, entities=("recipes",))
    assert [claim.context.split(". ")[0] for claim in answer.claims] == [
        f"From recipes: {fact}" for fact in facts
    ]


def test_facts_come_with_a_quotation() -> None:
    (claim,) = ask("Which recipes require the fewest ingredients?", KITCHEN, entities=("recipes",)).claims
    assert claim.sentence == (
        "From recipes: ingredients 3 (halloumi, lemon, oregano)."
        ' Stavroula Pieridou says: "Only three ingredients: halloumi, lemon and oregano. There is salt enough'
        ' in the cheese." (Halloumi skewers with three ingredients, 0:01)'
    )
    annotation = citation(claim, include=True)
    assert annotation["collection_id"] == collection_by_name(KITCHEN).id
    assert annotation["relevant_sources"] == ["speech"]
    assert len(annotation["speech"]) == 1


def test_facts_of_a_segment_are_cited_with_it() -> None:
    answer = ask("Which technique is used to poach the eggs?", KITCHEN, entities=("steps",))
    assert [claim.segment.title for claim in answer.claims if claim.segment] == ["Six eggs"]
    assert answer.claims[0].context.startswith(
        "From steps: step poach the eggs; ingredients 2 (eggs, coriander); technique poaching."
    )


def test_the_collection_that_matches_most_words_answers() -> None:
    for entities in (ALL, ALL[::-1]):
        answer = ask("Which step of the tart is inverting?", KITCHEN, entities=entities)
        assert [claim.context.split(".")[0] for claim in answer.claims] == [
            "From steps: technique inverting; step turn out the tart"
        ]


def test_a_collection_has_the_name_and_the_description_of_the_request() -> None:
    source, copy = (
        collection_by_name("recipes"),
        entity_source(collection_by_name("recipes"), "dishes", "Cards"),
    )
    assert (entity_source(source).name, entity_source(source).description) == (
        source.name,
        source.description,
    )
    assert (copy.name, copy.description) == ("dishes", "Cards")
    inquiry = Inquiry(
        LIBRARY, "fewest ingredients", collections=(collection_by_name(KITCHEN),), entities=(copy,)
    )
    assert respond(inquiry).text.startswith("Fewest ingredients in dishes: 3.\nFrom dishes: ingredients 3 (")


def test_entities_of_files_that_are_not_searched_do_not_count() -> None:
    answer = ask("Which recipe takes longest?", "Weeknight dinners", entities=("recipes",))
    assert (answer.text.splitlines()[0], files(answer)) == (
        "Longest total_minutes in recipes: 25.",
        ["carbonara"],
    )
    vegetarian = {"metadata": criterion("vegetarian", "Equal", "true")}
    answer = ask("Which recipe takes longest?", KITCHEN, entities=("recipes",), filter=vegetarian)
    assert files(answer) == ["tarte-tatin"]


def test_segments_answer_what_entities_do_not() -> None:
    answer = ask("Why is the whisk steel?", "Recorded calls", entities=("recipes",))
    assert answer.claims == ()
    answer = ask("applause", KITCHEN, entities=("recipes",))
    assert [claim.context for claim in answer.claims] == [
        'One hears: "A thud of metal on wood, then applause."'
    ]


@pytest.mark.parametrize("question", ["fewest ingredients", "What is there?", "Which zebra?"])
def test_with_entities_alone_their_collection_is_cited(question: str) -> None:
    answer = ask(question, entities=ALL)
    for claim in answer.claims:
        annotation = citation(claim, include=True)
        assert annotation["collection_id"] in {collection_by_name(name).id for name in ALL}
        assert annotation["relevant_sources"] == annotation["speech"] == annotation["scene_text"] == []
    assert bool(answer.claims) is (question != "Which zebra?")


def test_collections_of_metadata_and_entities_may_be_named_like_any_other() -> None:
    answer = ask("Is anything Tunisian?", "Kitchen shelf")
    assert answer.text.splitlines()[0] == "1 of 2 in Kitchen shelf with cuisine Tunisian."
    assert [claim.collection for claim in answer.claims] == [collection_by_name("Kitchen shelf")]
    answer = ask("fewest ingredients", "recipes", KITCHEN)
    assert [claim.collection for claim in answer.claims] == [collection_by_name(KITCHEN)]
    assert files(ask("fewest ingredients", "recipes")) == ["halloumi"]


def test_nested_facts_are_flat_and_null_is_no_fact() -> None:
    tree = {"a": {"b": {"c": 1}, "d": None}, "e": [{"f": 2}], "g": {}}
    assert flat(tree) == {"a.b.c": 1, "e": [{"f": 2}]}


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (3, Decimal(3), "3"),
        (4.5, Decimal("4.5"), "4.5"),
        ("36000", Decimal(36000), "36000"),
        (["a", "b"], Decimal(2), "2 (a, b)"),
        ([], Decimal(0), "none"),
        (list(range(14)), Decimal(14), "14 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...)"),
        ([{"name": "Ada", "role": "host"}], Decimal(1), "1 (name Ada, role host)"),
        (True, None, "yes"),
        (False, None, "no"),
        ("red", None, "red"),
    ],
)
def test_facts_have_units(value: object, number: Decimal | None, text: str) -> None:
    assert measure(value) == number
    assert text_of(value) == text
    assert facts_text({"name": value, "other": 1}) == f"name {text}; other 1"
