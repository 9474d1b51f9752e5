"""Samples of the vendors' guides: the shipped kitchen answers them with something worth reading."""

from __future__ import annotations

import pytest

from antiphon_mockserver.model.languages import ENGLISH
from library_questions import KITCHEN, ask, criterion, files

TECHNIQUES = "What techniques are discussed?"
DISHES = "What dishes are mentioned and who discussed them?"


def test_the_filters_of_the_guide_let_a_video_pass() -> None:
    cooking = {"metadata": criterion("topic", "Equal", "cooking")}
    short_italian = {
        "metadata": criterion("cuisine", "Equal", "Italian"),
        "video_info": criterion("duration_seconds", "LessThan", "600"),
    }
    for criteria in (cooking, short_italian):
        answer = ask(TECHNIQUES, KITCHEN, filter=criteria)
        assert files(answer) == ["soffritto"]
        assert answer.text.startswith("Mara Tennholt cuts onion, carrot and celery")


def test_who_discussed_a_dish_is_told_by_the_speech_of_its_video() -> None:
    lead, *lines = ask(DISHES, KITCHEN, entities=("recipes",)).text.splitlines()
    assert lead.startswith("In recipes: 8 (Spaghetti carbonara, Miso soup, ")
    assert "title Spaghetti carbonara" in lines[0]
    assert "Mara Tennholt speaks about it." in lines[0]
    assert "Stavroula Pieridou speaks about it." in lines[4]


def test_nobody_speaks_in_a_silent_film() -> None:
    answer = ask("Who shows the dish with bread?", KITCHEN, entities=("recipes",))
    assert files(answer) == ["pan-con-tomate"]
    assert "Nobody speaks about it." in answer.text


@pytest.mark.parametrize(
    ("instructions", "lead"),
    [
        (
            "Always respond in Spanish. Use bullet points for lists.",
            "Esto dicen los vídeos, citado en su propio idioma:",
        ),
        ("Answer in German, as a bulleted list.", "Das sagen die Videos, in ihrer eigenen Sprache zitiert:"),
        (
            "Reply with bullets in Japanese.",
            "This mock server does not know Japanese: it answers in English, French, German, Spanish.",
        ),
    ],
)
def test_instructions_for_a_language(instructions: str, lead: str) -> None:
    answer = ask(TECHNIQUES, KITCHEN, instructions=instructions)
    first, *lines = answer.text.splitlines()
    assert first == lead
    assert lines == [f"- {claim.sentence}" for claim in answer.claims]
    assert all(claim.context in answer.text for claim in answer.claims)


def test_an_answer_without_passages_is_in_the_language_too() -> None:
    nothing = {"metadata": criterion("cuisine", "Equal", "Martian")}
    assert ask(TECHNIQUES, KITCHEN, filter=nothing).text == ENGLISH.nothing_to_search
    assert ask(TECHNIQUES, KITCHEN, filter=nothing, instructions="Respond in Spanish.").text == (
        "No hay nada que buscar: ningún vídeo de la petición pasa el filtro."
    )
    assert ask("quantum chromodynamics", KITCHEN, instructions="Speak French.").text == (
        "Rien dans ces vidéos ne répond à la question."
    )


def test_instructions_that_only_name_a_language_change_nothing() -> None:
    plain = ask(TECHNIQUES, KITCHEN).text
    assert ask(TECHNIQUES, KITCHEN, instructions="You cook Italian dishes. Write short texts.").text == plain
