"""The languages in which the model answers when the instructions name one.

The model translates nothing: its own sentences exist in a few languages, and what it quotes stays as it is.
Of any other language it says that it does not know it.
"""

from __future__ import annotations

import re

from antiphon_mockserver.model.words import words
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_pattern


@dataclass(frozen=True, slots=True)
class Language:
    """The model's own sentences in one language."""

    name: str
    opening: str
    """What stands before an answer without passages."""
    passages: str
    """What stands before quoted passages."""
    nothing_to_search: str
    nothing_found: str


ENGLISH = Language(
    "English",
    "",
    "",
    "There is nothing to search: no video of the request passes the filter.",
    "Nothing in these videos answers the question.",
)
LANGUAGES = (
    Language(
        "French",
        "Voilà :",
        "Voici ce que disent les vidéos, cité dans leur langue :",
        "Il n'y a rien à chercher : aucune vidéo de la requête ne passe le filtre.",
        "Rien dans ces vidéos ne répond à la question.",
    ),
    Language(
        "German",
        "Bitte sehr:",
        "Das sagen die Videos, in ihrer eigenen Sprache zitiert:",
        "Es gibt nichts zu durchsuchen: Kein Video der Anfrage besteht den Filter.",
        "Nichts in diesen Videos beantwortet die Frage.",
    ),
    Language(
        "Spanish",
        "Aquí tienes:",
        "Esto dicen los vídeos, citado en su propio idioma:",
        "No hay nada que buscar: ningún vídeo de la petición pasa el filtro.",
        "Nada en estos vídeos responde a la pregunta.",
    ),
)
"""The languages that an instruction may ask for, beside English."""
OTHERS = words(
    "Arabic Bengali Catalan Chinese Croatian Czech Danish Dutch Finnish Greek Hebrew Hindi Hungarian",
    "Indonesian Italian Japanese Korean Latin Mandarin Norwegian Persian Polish Portuguese Romanian",
    "Russian Swahili Swedish Tamil Thai Turkish Ukrainian Urdu Vietnamese Welsh",
)
"""Languages that the model knows by name only."""


def spoken_in(name: str) -> re.Pattern[str]:
    """The pattern of an instruction that asks for answers in a language, such as `Speak French.`"""
    return late_pattern(rf"\b(?:in|speak|use) {name}\b", re.IGNORECASE)


UNKNOWN = late_pattern(
    rf"\b(?:answer|reply|respond|speak|write|use)\b(?:[^.\n]{{0,40}} in)? (?P<name>{'|'.join(OTHERS)})\b",
    re.IGNORECASE,
)
"""An instruction that asks for answers in a language that the model does not know."""
_PATTERNS = tuple((spoken_in(language.name), language) for language in LANGUAGES)


def language_of(instructions: str) -> Language:
    """The language that instructions ask for; an unknown one is English with a sentence that says so."""
    for pattern, language in _PATTERNS:
        if pattern.search(instructions):
            return language
    match = UNKNOWN.search(instructions)
    return _apology(match["name"].capitalize()) if match else ENGLISH


def apology(name: str) -> str:
    """The sentence that says in which languages the model answers."""
    known = ", ".join(language.name for language in LANGUAGES)
    return f"This mock server does not know {name}: it answers in English, {known}."


def _apology(name: str) -> Language:
    sentence = apology(name)
    return Language(
        name,
        sentence,
        sentence,
        f"{sentence} {ENGLISH.nothing_to_search}",
        f"{sentence} {ENGLISH.nothing_found}",
    )
