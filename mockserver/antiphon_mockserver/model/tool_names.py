"""Which tools a question means: it names them, in parts, in other forms, or nearly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from antiphon_mockserver.model.prompt_hints import names_in
from antiphon_mockserver.model.remember import remember
from antiphon_mockserver.model.words import words
from antiphon_spec.loading.late import late_pattern

GENERIC = frozenset(
    words(
        "get set fetch lookup look up find search query run call current do make create calculate",
        "compute tool function my user the of to for a in by and with from info information data",
        "details api list show read check retrieve new transfer handoff agent",
    )
)
"""Words in the name of a tool that do not say what it is about."""

NAMESPACE = late_pattern(r"\A(?:.*(?:__|[./:])|.*-(?=\w*_\w))(?=\w)")
"""What stands before the own name of a tool: the name of its plugin or server."""
HANDING_OVER = frozenset(words("transfer handoff delegate escalate"))
"""The words that name a tool with which one agent hands over to any other."""

FINISHING = frozenset(
    words(
        "final finish submit give provide return respond complete done answer result response output task",
        "mark successful",
    )
)
"""The words of a tool's name when it takes the answer itself, as frameworks have it."""
TYPES = frozenset(words("int integer float number str string text bool boolean list array dict object"))
"""The words of such a name that say of what type the answer is: `return_int`."""
NUMBERED = late_pattern(r"_[0-9a-f]{6,}\Z")
"""The end of a tool's name that belongs to one conversation."""

WORD = late_pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
ENDINGS = words("ations ation ators ator ating ates ate ings ing ers er ors or ed es s e")
SHORTEST_STEM = 4
ORDER = late_pattern(
    r"\b(?:use|using|call|invoke|try|ask|with)\s+(?:the|your|a|an|my)?\s*"
    r"[\"'`]?([\w-]+(?: [\w-]+){0,3}?)[\"'`]?\s+(?:tools?|functions?|agents?|apis?)\b",
    re.IGNORECASE,
)
"""An order to use a tool of some name: `use the calculator tool`."""
SIMILAR = 0.6
"""How alike the name in an order and the name of a tool are, from 0 to 1."""


def is_named(name: str, question: str) -> bool:
    """Whether a question names a tool, or has all telling words of its name, in whatever form."""
    lower = question.lower()
    return any(_is_in(form, lower) for form in _forms(name))


class _Form(NamedTuple):
    """A form of a name: as a whole, in words, and the stems of its telling words."""

    whole: str
    in_words: str
    stems: tuple[str, ...]


@remember(1024)
def _forms(name: str) -> tuple[_Form, ...]:
    """The forms of a name without and with its namespace."""
    own = NAMESPACE.sub("", name)
    stems = tuple(_stem(word) for word in words_of(name) if word not in GENERIC)
    form = _Form(name.lower(), name.lower().replace("_", " "), stems)
    return (form,) if own == name else (*_forms(own), form)


def _is_in(form: _Form, lower: str) -> bool:
    if form.whole in lower or form.in_words in lower:
        return True
    return bool(form.stems) and all(stem in lower for stem in form.stems)


def ordered(tools: Sequence[Mapping[str, Any]], question: str) -> list[Mapping[str, Any]]:
    """The tools that a question orders to use by a name that is nearly theirs."""
    by_name = {" ".join(words_of(tool["name"])): tool for tool in tools}
    meant: dict[str, Mapping[str, Any]] = {}
    for match in ORDER.finditer(question):
        near = get_close_matches(match[1].lower().replace("_", " "), by_name, n=1, cutoff=SIMILAR)
        meant |= {name: by_name[name] for name in near}
    return list(meant.values())


def handing_over(tools: Sequence[Mapping[str, Any]], question: str) -> list[Mapping[str, Any]]:
    """The tools that hand over to another agent, if the question wants that and names one that they reach."""
    said = question.lower().split()
    return [
        tool
        for tool in tools
        if any(word in HANDING_OVER and word in said for word in words_of(tool["name"]))
        and any(str(value).lower() in question.lower() for value in _choices(tool))
    ]


def _choices(tool: Mapping[str, Any]) -> list[Any]:
    """The words among which the parameters of a tool choose."""
    properties = (tool.get("parameters") or {}).get("properties") or {}
    members = (member for member in properties.values() if isinstance(member, Mapping))
    return [value for member in members for value in member.get("enum") or ()]


@remember(1024)
def is_finishing(name: str) -> bool:
    """Whether a tool takes the final answer: `final_result`, `submit_answer`."""
    words_of_name = words_of(NUMBERED.sub("", name))
    telling = [word for word in words_of_name if word not in TYPES]
    return "final" in words_of_name or (bool(telling) and FINISHING.issuperset(telling))


def about(name: str, names: Sequence[str], prompt: str) -> str:
    """The part of a prompt that is about one of several tools: from its first mention to the next tool's."""
    if len(names) < 2:
        return prompt
    mentions = sorted({_mention(tool_name, prompt) for tool_name in names})
    start = _mention(name, prompt)
    end = next((place for place in mentions if place > start), len(prompt))
    return prompt[start:end] if names_in(prompt[start:end]) else prompt


def _mention(name: str, prompt: str) -> int:
    lower = prompt.lower()
    places = (lower.find(word) for word in (name.lower(), name.lower().replace("_", " "), *words_of(name)))
    return min((place for place in places if place >= 0), default=0)


@remember(1024)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in snake or camel case, in lower case."""
    return tuple(word.lower() for word in WORD.findall(name))


@remember(1024)
def _stem(word: str) -> str:
    """The part of a word that its forms share: `calculator` and `calculate`."""
    stems = (word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending))
    return next((stem for stem in stems if len(stem) >= SHORTEST_STEM), word)
