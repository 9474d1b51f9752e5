"""What is wrong with an instance: one place, what belongs there, what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = "absent"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where an instance breaks its schema. `pointer` names the wrong or the missing member."""

    pointer: str
    keyword: str
    """The keyword that is broken (`type`, `required`, `maxLength`); `unknown` for a member nobody knows."""
    expected: str
    got: str
    newer: bool = False
    """Whether it may be no fault: a word that the vendor may have added to an open list since."""

    @property
    def param(self) -> str:
        """The place as the API's error envelopes write it: `input[0].content[1].text`."""
        return param(steps(self.pointer))

    @property
    def message(self) -> str:
        """One line for people."""
        return f"{self.param or 'the body'}: expected {self.expected}, got {self.got}"


def steps(pointer: str) -> list[str]:
    """The steps of a JSON pointer (RFC 6901)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def pointer_of(path: Iterable[str | int]) -> str:
    """The JSON pointer made of these steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def param(path: Iterable[str]) -> str:
    """These steps with dots before names and brackets around numbers."""
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path).removeprefix(".")


def show(value: Any) -> str:
    """A short text for any JSON value, whatever its size."""
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
    """`'a'`, or `one of 'a', 'b'`."""
    shown = list(dict.fromkeys(map(show, values)))
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"
