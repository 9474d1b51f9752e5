"""The differences between two JSON values, each at its smallest place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

import orjson

from antiphon_conformance.compare.difference import Aspect, Difference, Grade
from antiphon_conformance.compare.members import ERROR, OPAQUE, SAMPLES, WORKS, Content, content_of
from antiphon_conformance.compare.pairs import Pairs, form
from antiphon_conformance.http.text import ABSENT, show
from antiphon_spec.loading.construction import dataclass

WIDTH = 60
"""How many characters a shown value has."""
KINDS = ("item", "part")
"""Members of events that hold an object of one of several types."""
ROOTS = {"response": "response", "item": "item", "part": "part", "output": "item", "content": "part"}
"""Members that hold a response, an item or a part, wherever they stand: the place begins anew there."""
NO_DEMAND = "the document does not require it"
NULLABLE = "the document allows null"
OF_VENDOR = "a vendor's own value"
ONE_TEXT = "the same text, as a string or as its only part"
CHANCE = ({"queued", "in_progress"}, {"cancelled", "completed"})
"""Pairs of statuses of a response of which chance decides."""
Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Values:
    """Compares the values of one exchange or event, given what is known of both sides."""

    pairs: Pairs
    scope: str
    """The object whose texts and times belong together: the id of a response in A."""
    faults: frozenset[str]
    """The members of B's body, or event, in which it breaks the document's schema."""
    defaults: Members
    """The members of a response with their defaults in the dialect."""
    item_types: frozenset[str]
    """The types of items in the document."""
    models: tuple[str, str] = ("", "")
    """The models that the requests of A and B named."""
    event: str = ""
    realm: str = ""
    """What sets the ids of these answers apart from those of others; empty where nothing does."""

    def differences(
        self, in_a: Any, in_b: Any, place: str, name: str = "", parent: str = "", holder: Any = None
    ) -> Iterator[Difference]:
        """Where two values differ, the outer places first. `name` is the member of `holder` that has them."""
        if isinstance(in_a, dict) and isinstance(in_b, dict):
            yield from self._objects(in_a, in_b, place, name)
        elif isinstance(in_a, list) and isinstance(in_b, list):
            yield from self._lists(in_a, in_b, place, name)
        elif in_a is None or in_b is None:
            if in_a is not in_b:
                yield self._null(in_a, in_b, place, name, parent)
        elif _kind(in_a) != _kind(in_b):
            is_same = name not in self.faults and _text_of(in_a) == _text_of(in_b) is not None
            grade, why = (Grade.LEGAL, ONE_TEXT) if is_same else (Grade.DIFFERENT, "")
            yield self.difference(Aspect.TYPE, place, in_a, in_b, grade, why)
        else:
            yield from self._leaves(in_a, in_b, place, content_of(name, in_a, holder, parent), name)

    def _objects(self, in_a: Members, in_b: Members, place: str, name: str) -> Iterator[Difference]:
        for member, value in in_a.items():
            where = self.place(place, member, value)
            if (
                member in KINDS
                and _type(value) != _type(in_b.get(member))
                and isinstance(in_b.get(member), dict)
            ):
                words = (_type(value), _type(in_b[member]))
                yield self.difference(Aspect.ITEMS, where, *words, *self._chosen("output"))
            elif member in in_b:
                yield from self.differences(value, in_b[member], where, member, name, in_a)
            else:
                yield self._absent(value, where, member)
        for member in in_b:
            if member not in in_a:
                value = in_b[member]
                why = (
                    "null in place of absent"
                    if value is None
                    else "clients ignore members that they do not know"
                )
                yield self.difference(
                    Aspect.EXTRA, self.place(place, member, value), ABSENT, value, Grade.HARMLESS, why
                )
        if name.startswith("usage"):
            yield from self._sums(in_a, in_b, place)

    @staticmethod
    def place(place: str, member: str, value: Any) -> str:
        """The place of a member: an item, a part and a response are named by what they are."""
        if member == "response" and isinstance(value, dict):
            return "response"
        if member in ("item", "part") and isinstance(value, dict):
            return f"{member}[{value.get('type', '?')}]"
        return f"{place}.{member}" if place else member

    def _absent(self, value: Any, place: str, member: str) -> Difference:
        """A member that B lacks."""
        if value is None:
            return self.difference(
                Aspect.MISSING, place, value, ABSENT, Grade.HARMLESS, "absent in place of null"
            )
        if member in self.faults:
            return self.difference(Aspect.MISSING, place, value, ABSENT)
        if place.startswith("response.metadata."):
            return self.difference(Aspect.MISSING, place, value, ABSENT, reason="it is the client's own")
        if place == f"response.{member}" and self.defaults.get(member, ABSENT) == value:
            return self.difference(
                Aspect.MISSING, place, value, ABSENT, Grade.HARMLESS, "the default, left out"
            )
        return self.difference(Aspect.MISSING, place, value, ABSENT, Grade.LEGAL, NO_DEMAND)

    def _null(self, in_a: Any, in_b: Any, place: str, name: str, parent: str) -> Difference:
        """Null at one side and a value at the other."""
        if parent == "error" and name in ERROR:
            return self.difference(Aspect.VALUE, place, in_a, in_b, Grade.LEGAL, OF_VENDOR)
        if name in self.faults:
            return self.difference(Aspect.VALUE, place, in_a, in_b)
        if in_a is None and (not in_b or self.defaults.get(place.rpartition(".")[2], ABSENT) == in_b):
            return self.difference(
                Aspect.VALUE, place, in_a, in_b, Grade.HARMLESS, "a default in place of null"
            )
        return self.difference(Aspect.VALUE, place, in_a, in_b, Grade.LEGAL, NULLABLE)

    def _lists(self, in_a: list[Any], in_b: list[Any], place: str, name: str) -> Iterator[Difference]:
        if name in SAMPLES:
            if in_a and in_b:
                yield from self.differences(in_a[0], in_b[0], f"{place}[]", "", name)
            elif in_a or in_b:
                yield self.difference(Aspect.VALUE, place, in_a, in_b, *self._chosen(name))
            return
        if name in OPAQUE:
            return
        tokens_a, tokens_b = [*map(token, in_a)], [*map(token, in_b)]
        label = ROOTS.get(name, "")
        if (
            name == "output"
            and self.event
            and not self.pairs.values((self.scope, name), *map(repr, (tokens_a, tokens_b)))
        ):
            yield self.difference(Aspect.SUM, place, f"{len(in_a)} items", f"{len(in_b)} items")
        for index_a, index_b in align(tokens_a, tokens_b):
            if index_a is None or index_b is None:
                value = in_b[index_b or 0] if index_a is None else in_a[index_a]
                side_a, side_b = (ABSENT, value) if index_a is None else (value, ABSENT)
                grade = self._grade_of(value, name) if index_a is None else self._chosen(name)
                yield self.difference(Aspect.ITEMS, element(place, label, value), side_a, side_b, *grade)
                continue
            side_a, side_b = in_a[index_a], in_b[index_b]
            where = element(place, label, side_a)
            if label and _type(side_a) != _type(side_b):
                yield self.difference(Aspect.ITEMS, where, _type(side_a), _type(side_b), *self._chosen(name))
            else:
                yield from self.differences(side_a, side_b, where, "", name)

    def _grade_of(self, value: Any, name: str) -> tuple[Grade, str]:
        """The grade of an element that only B has."""
        if (
            name in ("output", "data")
            and isinstance(_type(value), str)
            and _type(value) not in self.item_types
        ):
            return Grade.LEGAL, "an item of a type that the document does not have"
        return self._chosen(name)

    def _chosen(self, name: str) -> tuple[Grade, str]:
        """The grade of elements that one side lacks: in some lists a model chooses them."""
        is_choice = name in WORKS | SAMPLES and name not in self.faults
        return (Grade.LEGAL, "a model chooses what it answers") if is_choice else (Grade.DIFFERENT, "")

    def _leaves(self, in_a: Any, in_b: Any, place: str, content: Content, name: str) -> Iterator[Difference]:
        match content:
            case Content.ID:
                yield from self._ids(in_a, in_b, place, "call" if name == "call_id" else "id")
            case Content.TEXT:
                yield from self.texts(in_a, in_b, place)
            case Content.TIME:
                yield from self._times(in_a, in_b, place, name)
            case Content.COUNT if bool(in_a) != bool(in_b):
                yield self.difference(Aspect.COUNT, place, in_a, in_b, *_zero(in_a, name))
            case Content.COUNT if in_a != in_b:
                yield self.difference(Aspect.COUNT, place, in_a, in_b, Grade.LEGAL, "another way to count")
            case Content.OPAQUE if bool(in_a) != bool(in_b):
                yield self.difference(Aspect.VALUE, place, in_a, in_b)
            case Content.WORDING if bool(in_a) and bool(in_b):
                if in_a != in_b:
                    yield self.difference(
                        Aspect.VALUE, place, in_a, in_b, Grade.HARMLESS, "other words for people"
                    )
            case Content.MODEL if _same_model(in_a, in_b, self.models):
                if in_a != in_b:
                    yield self.difference(
                        Aspect.VALUE, place, in_a, in_b, Grade.LEGAL, "another model, or its date"
                    )
            case Content.VENDOR if in_a != in_b:
                yield self.difference(Aspect.VALUE, place, in_a, in_b, Grade.LEGAL, OF_VENDOR)
            case Content.OPAQUE:
                pass
            case _ if in_a != in_b:
                yield self.difference(Aspect.VALUE, place, in_a, in_b, *self._lawful(in_a, in_b, place, name))
            case _ if isinstance(in_a, float) is not isinstance(in_b, float):
                yield self.difference(
                    Aspect.SPELLING, place, in_a, in_b, Grade.HARMLESS, "JSON has one kind of number"
                )

    def _lawful(self, in_a: Any, in_b: Any, place: str, name: str) -> tuple[Grade, str]:
        """The grade of two other values of one member."""
        if name == "status" and name not in self.faults:
            if self.event.endswith(".added") and {in_a, in_b} == {"in_progress", "completed"}:
                return Grade.LEGAL, "an item may be complete when it is announced"
            if place.startswith("response") and {in_a, in_b} in CHANCE:
                return Grade.LEGAL, "it depends on when it is asked"
        if name == "object" and {in_a, in_b} == {"response", "response.deleted"}:
            return Grade.LEGAL, "OpenAI's own servers and document differ here"
        return Grade.DIFFERENT, ""

    def _ids(self, in_a: str, in_b: str, place: str, kind: str) -> Iterator[Difference]:
        if not in_a or not in_b:
            if in_a != in_b:
                yield self.difference(Aspect.IDENTITY, place, in_a, in_b)
        elif why := self.pairs.ids(self.realm + kind, in_a, in_b):
            yield replace(self.difference(Aspect.IDENTITY, place, in_a, in_b), reason=why)
        elif form(in_a) != form(in_b):
            yield self.difference(Aspect.SPELLING, place, in_a, in_b, Grade.HARMLESS, "another form of id")

    def texts(self, in_a: str, in_b: str, place: str) -> Iterator[Difference]:
        """Differences of what a model wrote: its words may differ, and must agree with each other."""
        if bool(in_a) != bool(in_b) or _is_json(in_a) != _is_json(in_b):
            yield self.difference(Aspect.TEXT, place, in_a, in_b)
        elif in_a and not self.pairs.values((self.scope, "text"), in_a, in_b):
            why = "elsewhere in B it is another text, where A repeats it"
            yield replace(self.difference(Aspect.SUM, place, in_a, in_b), reason=why)
        elif in_a != in_b:
            yield self.difference(Aspect.TEXT, place, in_a, in_b, Grade.LEGAL, "a model words it differently")

    def _times(self, in_a: float, in_b: float, place: str, name: str) -> Iterator[Difference]:
        if not self.pairs.values((self.scope, name), str(in_a), str(in_b)):
            yield self.difference(Aspect.VALUE, place, in_a, in_b)
        elif isinstance(in_a, float) is not isinstance(in_b, float):
            yield self.difference(
                Aspect.SPELLING, place, in_a, in_b, Grade.HARMLESS, "JSON has one kind of number"
            )
        elif len(str(int(in_a))) != len(str(int(in_b))):
            yield self.difference(Aspect.VALUE, place, in_a, in_b)

    def _sums(self, in_a: Members, in_b: Members, place: str) -> Iterator[Difference]:
        """What holds between counts in A, and not in B."""
        facts_a, facts_b = dict(_sums(in_a)), dict(_sums(in_b))
        for name, fact in facts_a.items():
            if fact and facts_b.get(name) is False:
                whole = name.partition(" ")[0]
                yield self.difference(Aspect.SUM, f"{place}.{whole}", name, f"not {name}")

    def difference(
        self,
        aspect: Aspect,
        place: str,
        in_a: Any,
        in_b: Any,
        grade: Grade = Grade.DIFFERENT,
        reason: str = "",
    ) -> Difference:
        """A difference at a place of these answers."""
        return Difference(aspect, place, show(in_a, WIDTH), show(in_b, WIDTH), grade, reason, self.event)


def align(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """The pairs of indices of two lists whose elements belong together; None where one has no partner."""
    for kind, start_a, end_a, start_b, end_b in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        size = min(end_a - start_a, end_b - start_b) if kind == "replace" else 0
        size = end_a - start_a if kind == "equal" else size
        yield from ((start_a + step, start_b + step) for step in range(size))
        yield from ((index, None) for index in range(start_a + size, end_a))
        yield from ((None, index) for index in range(start_b + size, end_b))


def _type(value: Any) -> Any:
    return value.get("type") if isinstance(value, dict) else None


def token(value: Any) -> Any:
    """What tells one element of a list from another, without its content."""
    if isinstance(value, dict):
        return str(value.get("type", value.get("object"))), str(value.get("role")), str(value.get("name"))
    return _kind(value) if isinstance(value, list) else repr(value)


def element(place: str, label: str, value: Any) -> str:
    """The place of an element of a list, named by its type."""
    kind = value.get("type") if isinstance(value, dict) else None
    inside = f"[{kind}]" if isinstance(kind, str) else "[]"
    return f"{label or place}{inside}"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _text_of(value: Any) -> str | None:
    """The text of a string, or of a list with one part; None for any other value."""
    part = value[0] if isinstance(value, list) and len(value) == 1 else value
    text = part.get("text") if isinstance(part, dict) else part
    return text if isinstance(text, str) else None


def _zero(in_a: Any, name: str) -> tuple[Grade, str]:
    """The grade of a count that one side has and the other does not."""
    is_detail = name not in ("input_tokens", "output_tokens", "total_tokens")
    return (Grade.LEGAL, "another way to count") if is_detail else (Grade.DIFFERENT, "")


def _sums(usage: Members) -> Iterator[tuple[str, bool]]:
    def number(*path: str) -> Any:
        value: Any = usage
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, int | float) else None

    total, read, wrote = number("total_tokens"), number("input_tokens"), number("output_tokens")
    if total is not None and read is not None and wrote is not None:
        yield "total_tokens = input_tokens + output_tokens", total == read + wrote
    for whole, details, part in (
        (read, "input_tokens_details", "cached_tokens"),
        (wrote, "output_tokens_details", "reasoning_tokens"),
    ):
        share = number(details, part)
        if whole is not None and share is not None:
            yield f"{details}.{part} <= {details.removesuffix('_details')}", share <= whole


def _same_model(in_a: Any, in_b: Any, models: tuple[str, str]) -> bool:
    """Whether two names of models may mean what each request named: the same name, or one with a date."""
    is_request = (in_a, in_b) == models
    return is_request or in_a == in_b or str(in_b).startswith(str(in_a)) or str(in_a).startswith(str(in_b))


def _is_json(text: str) -> bool:
    """Whether a text is a JSON object or a list."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
