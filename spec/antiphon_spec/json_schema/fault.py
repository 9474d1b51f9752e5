"""What is wrong with an instance: one place, the expected value, and the value that it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from antiphon_spec.loading.construction import dataclass

ABSENT = "absent"
REQUIRED = "required"
"""The keyword of a fault about a missing member."""
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where an instance breaks its schema. `pointer` names the wrong or missing member."""

    pointer: str
    keyword: str
    """The broken keyword (`type`, `required`, `maxLength`); `unknown` for a member that no schema names."""
    expected: str
    actual: str
    newer: bool = False
    """Whether it may be no fault: the vendor may have added the word to an open list since."""

    @property
    def param(self) -> str:
        """The place in the notation of the API's errors: `input[0].content[1].text`."""
        return param(steps(self.pointer))

    @property
    def message(self) -> str:
        """One line for people: the place, the expected value, and the value that it has."""
        place = self.param or "the body"
        if self.keyword == REQUIRED:
            return f"{place} is missing (required)"
        return f"{place}: expected {self.expected}, got {self.actual}"


def steps(pointer: str) -> list[str]:
    """The steps of a JSON pointer (RFC 6901)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def pointer_of(path: Iterable[str | int]) -> str:
    """The JSON pointer with these steps (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def param(path: Iterable[str]) -> str:
    """These steps in the notation of the API's errors: dots before names, brackets around numbers."""
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path).removeprefix(".")


def show(value: Any) -> str:
    """A short text for any JSON value, however large."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 256:
        return "an integer of more than 256 bits"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return f"an object with {', '.join(map(_quoted, list(value)[:4]))}" if value else "an empty object"
    return f"an array of {len(value)}" if value else "an empty array"


def _quoted(text: Any) -> str:
    whole = repr(str(text))
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}'... ({len(str(text))} characters)"


def one_of(values: Iterable[Any]) -> str:
    """`'a'` for one value, `one of 'a', 'b'` for several."""
    texts = list(dict.fromkeys(map(show, values)))
    return texts[0] if len(texts) == 1 else f"one of {', '.join(texts)}"
