"""The nouns of a comparison: one difference, its grade, and the groups of equal differences."""

from __future__ import annotations

from enum import StrEnum

from antiphon_spec.loading.construction import dataclass


class Grade(StrEnum):
    """How much a difference says."""

    DIFFERENT = "different"
    """Nothing that we know of makes it legal: a client of A may fail at B."""
    LEGAL = "legal"
    """A client may notice it, and both sides are right: the reason says by what."""
    HARMLESS = "harmless"
    """No client that reads the documents notices it."""


GRADES = tuple(Grade)


class Aspect(StrEnum):
    """What differs. The order is that of a report: what explains others comes first."""

    NO_ANSWER = "answer"
    STATUS = "status"
    STEP = "step"
    FORM = "form of the body"
    FRAMING = "framing"
    NUMBERS = "numbers of events"
    ITEMS = "items"
    EVENTS = "events"
    ORDER = "order of events"
    INDEX = "index"
    IDENTITY = "identity"
    MISSING = "member missing"
    TYPE = "type of a value"
    VALUE = "value"
    SUM = "sum"
    TEXT = "text"
    COUNT = "count"
    EXTRA = "member more"
    HEADER = "header"
    SPELLING = "spelling"


ASPECTS = tuple(Aspect)
SOFT = frozenset({Aspect.TEXT, Aspect.COUNT, Aspect.ITEMS})
"""What a model varies: where it varied once, it may vary in any step."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place of one exchange in which B differs from A."""

    aspect: Aspect
    place: str
    """Where, with types in place of indices: `item[message].status`."""
    in_a: str
    """The value in A, for people; `absent` when A has none."""
    in_b: str
    grade: Grade = Grade.DIFFERENT
    reason: str = ""
    """Why it is legal or harmless; empty for one that is neither."""
    event: str = ""
    """The type of the event that holds the place; empty outside of streams."""
    operation: str = ""
    """The operation in the dialect's document; empty when the document has none."""
    step: str = ""
    """The step in which it was seen: `text_stream/streamed`."""
    follows: bool = False
    """Whether the two conversations had parted before, so that other differences explain this one."""

    @property
    def key(self) -> tuple[Aspect, str]:
        """What equal differences of several steps share."""
        return self.aspect, self.place


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """A difference that was seen once or more, with its first example."""

    example: Difference
    count: int
    """How many exchanges or events show it."""
    steps: tuple[str, ...]
    """The steps that show it, in order."""
    events: tuple[str, ...]
    """The types of events that show it, in order."""
    grade: Grade
    """The gravest grade of them."""
    requirement: str = ""
    """The id of the requirement that it touches; empty when no sentence names the place."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Everything that the comparison of two sides shows."""

    groups: tuple[DifferenceGroup, ...]
    """The most telling first."""
    steps: int
    """How many steps both sides have."""
    varying: int | None
    """How many differences A shows against itself; None when A was seen once only."""
    only_a: tuple[str, ...] = ()
    """The conversations that A alone has."""
    only_b: tuple[str, ...] = ()

    def of(self, grade: Grade) -> tuple[DifferenceGroup, ...]:
        """The groups of one grade, in order."""
        return tuple(group for group in self.groups if group.grade is grade)
