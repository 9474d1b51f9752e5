"""A dataclass of ours is one in all that a user can see; late patterns and functions are what they name."""

from __future__ import annotations

import dataclasses
import pickle
import re
from copy import deepcopy
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any

import pytest

from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_function, late_pattern


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)
    secret: str = field(default="", repr=False, compare=False)

    @property
    def total(self) -> int:
        return self.x + self.y


@dataclass(frozen=True)
class Open:
    x: int


@dataclass(frozen=True)
class Wide(Open):
    y: int = 3


@dataclass(slots=True)
class Note:
    text: str = ""
    length: int = field(init=False)
    marks: list[str] = field(default_factory=list, init=False)
    kind: str = field(default="note", init=False)

    def __post_init__(self) -> None:
        self.length = len(self.text)


@dataclass(frozen=True, eq=False)
class Alone:
    x: int = 1


CLASSES = (Point, Open, Wide, Note, Alone)


def twin(cls: type[Any]) -> type[Any]:
    """The same class, made by `dataclasses`."""
    members = {name: value for name, value in vars(cls).items() if name in ("total", "__post_init__")}
    rows = [(member.name, member.type, copy_of(member)) for member in fields(cls)]
    options = {name: getattr(cls.__dataclass_params__, name) for name in ("frozen", "eq")}
    return dataclasses.make_dataclass(
        cls.__name__, rows, namespace=members, slots="__slots__" in vars(cls), **options
    )


def copy_of(member: dataclasses.Field[Any]) -> Any:
    names = ("default", "default_factory", "init", "repr", "compare")
    return field(**{name: getattr(member, name) for name in names})  # type: ignore[call-overload]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_it_is_like_one_of_dataclasses(cls: type[Any]) -> None:
    usual = twin(cls)
    arguments = () if cls in (Note, Alone) else (1,)
    for make in (lambda made: made(*arguments), lambda made: replace(made(*arguments))):
        own, other = make(cls), make(usual)
        assert repr(own) == repr(other)
        assert (own == make(cls)) is (other == make(usual))
        assert own != other
        assert [member.name for member in fields(own)] == [member.name for member in fields(other)]
        assert dataclasses.asdict(own) == dataclasses.asdict(other)
    assert cls.__match_args__ == usual.__match_args__
    assert (cls.__hash__ is None) is (usual.__hash__ is None)
    assert cls.__dataclass_params__.frozen is usual.__dataclass_params__.frozen


def test_it_has_its_members_and_defaults() -> None:
    first, second = Point(1), Point(x=1, y=2, names=[], secret="other")
    assert first == second
    assert first.names is not second.names
    assert (type(first), first.total) == (Point, 3)
    assert repr(second) == "Point(x=1, y=2, names=[])"
    assert (Wide(1), hash(Wide(1))) == (Wide(1, 3), hash(Wide(1, 3)))
    assert (Note("abc").length, Note().marks, Note().kind) == (3, [], "note")


def test_nobody_changes_it() -> None:
    for frozen in (Point(1), Open(1), Wide(1)):
        with pytest.raises(FrozenInstanceError):
            frozen.x = 2  # type: ignore[misc]
        with pytest.raises(FrozenInstanceError):
            del frozen.x  # type: ignore[misc]
    assert replace(Point(1), x=5) == Point(5)
    note = Note()
    note.text = "changed"
    assert note.text == "changed"


@pytest.mark.parametrize("value", [Point(1, names=["a"]), Wide(1, 2), Note("a")], ids=repr)
def test_it_is_copied_and_pickled(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == deepcopy(value) == value


def test_it_wants_its_members() -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
            Point()  # type: ignore[call-arg]


def test_members_by_name_only_are_rejected() -> None:
    with pytest.raises(TypeError, match="has a member that is a parameter by name only"):

        @dataclass(frozen=True)
        class Named:
            x: int = field(kw_only=True)


def test_a_late_pattern_is_a_pattern() -> None:
    pattern, usual = late_pattern("a(b*)", re.IGNORECASE), re.compile("a(b*)", re.IGNORECASE)
    assert pattern.findall("Ab abb") == usual.findall("Ab abb")
    assert (pattern.pattern, pattern.flags) == (usual.pattern, usual.flags)
    assert pattern.search("x") is None
    with pytest.raises(re.error):
        late_pattern("(").search("")


def test_a_late_function_is_that_of_its_module() -> None:
    assert late_function("posixpath", "join")("a", "b") == "a/b"


def test_a_class_that_extends_a_frozen_one_makes_objects_of_its_own():
    class Longer(Point):
        def __init__(self, x: int) -> None:
            super().__init__(x)

    assert (Longer(1).total, type(Longer(1))) == (3, Longer)
