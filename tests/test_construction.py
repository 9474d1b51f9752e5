"""A quick frozen dataclass is a frozen dataclass in all that a user can see."""

from __future__ import annotations

import pickle
from copy import deepcopy
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from antiphon_spec.loading.construction import quick


@quick
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.x + self.y


def test_it_has_its_members_and_defaults() -> None:
    first, second = Point(1), Point(x=1, y=2, names=[])
    assert first == second
    assert first.names is not second.names
    assert (type(first), first.total) == (Point, 3)
    assert repr(first) == "Point(x=1, y=2, names=[])"
    assert [member.name for member in fields(first)] == ["x", "y", "names"]


def test_nobody_changes_it() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x  # type: ignore[misc]
    assert replace(point, x=5) == Point(5)


def test_it_is_copied_and_pickled() -> None:
    point = Point(1, names=["a"])
    assert pickle.loads(pickle.dumps(point)) == deepcopy(point) == point


def test_it_wants_its_members() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]


def test_other_classes_are_rejected() -> None:
    with pytest.raises(TypeError, match="is not a plain frozen dataclass with slots"):

        @quick
        @dataclass(frozen=True)
        class Open:
            x: int
