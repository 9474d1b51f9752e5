"""Dataclasses that cost nothing to define, and whose frozen objects are made quickly.

    from antiphon_spec.loading.construction import dataclass

    @dataclass(frozen=True, slots=True)
    class Point:
        x: int
        y: int

For each class, the decorator of `dataclasses` writes, compiles and runs the source of up to seven functions.
That takes most of a millisecond, a hundred times in a start. Here `__init__` alone is compiled, with the
first object; the others are ordinary functions that know the names of the members. `fields` and `replace`
work. A class that extends another dataclass is left to `dataclasses`.

The usual `__init__` of a frozen class sets each member by `object.__setattr__`, which takes a fifth of a
microsecond; a request sets some sixty, a recording millions. Here an object is of an open twin of its class
until all are set.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass"]

T = TypeVar("T")
ABSENT = object()
"""Stands for a member whose default is made for each object."""


OPTIONS = {"frozen": False, "slots": False, "eq": True}
"""The options of the decorator, with their defaults."""


def _dataclass(cls: type[T] | None = None, **options: bool) -> type[T] | Callable[[type[T]], type[T]]:
    """The decorator. Raises TypeError for another option, or for a member that is set by name only."""
    if strangers := options.keys() - OPTIONS.keys():
        raise TypeError(f"these dataclasses have no option {', '.join(sorted(strangers))}")
    if cls is None:
        return lambda cls: _define(cls, {**OPTIONS, **options})
    return _define(cls, OPTIONS)


if TYPE_CHECKING:
    from dataclasses import dataclass  # type checkers know what it does
else:
    dataclass = _dataclass


def _define(cls: type[T], options: Mapping[str, bool]) -> type[T]:
    if any(dataclasses.is_dataclass(base) for base in cls.__bases__):
        return dataclasses.dataclass(**options)(cls)
    present = {name for name, value in vars(cls).items() if name != "__hash__" or value is not None}
    cls.__doc__ = cls.__doc__ or cls.__name__  # otherwise dataclasses writes its signature, which takes long
    cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=options["slots"])(cls)
    members = fields(cls)  # type: ignore[arg-type]
    if any(member.kw_only for member in members):
        raise TypeError(f"{cls.__name__} has a member that is a parameter by name only")
    parameters = vars(cls)["__dataclass_params__"]
    parameters.init = parameters.repr = True
    for name in ("frozen", "eq"):
        setattr(parameters, name, options[name])
    functions: dict[str, Any] = {"__init__": _late(cls, members), "__repr__": _writer(members)}
    if options["eq"]:
        functions |= _comparison(members, can_change=not options["frozen"])
    if options["frozen"]:
        functions |= _closure(cls, members)
    for name, function in functions.items():
        if name not in present:
            setattr(cls, name, function)
    return cls


def _late(cls: type[Any], members: tuple[Field[Any], ...]) -> Callable[..., None]:
    """An `__init__` that is compiled when it is first called, and then stands in place of this one."""

    def begin(self: Any, *args: Any, **members_by_name: Any) -> None:
        if cls.__init__ is begin:
            cls.__init__ = _compile(cls, members)
        cls.__init__(self, *args, **members_by_name)

    return begin


def _compile(cls: type[Any], members: tuple[Field[Any], ...]) -> Callable[..., None]:
    is_frozen = cls.__dataclass_params__.frozen
    names: dict[str, Any] = {"ABSENT": ABSENT, "cls": cls, "write": object.__setattr__}
    parameters = [_parameter(member, names) for member in members if member.init]
    values = [
        (member.name, _value(member, names)) for member in members if member.init or _has_default(member)
    ]
    has_twin = is_frozen and cls.__bases__ == (object,) and "__slots__" in vars(cls)
    if has_twin:
        names["twin"] = type(cls.__name__, (), {"__slots__": tuple(member.name for member in members)})
        names["become"] = vars(object)["__class__"].__set__
        lines = [
            "if self.__class__ is cls:",
            "    become(self, twin)",
            *(f"    self.{name} = {value}" for name, value in values),
            "    self.__class__ = cls",
            "else:  # an object of a class that extends this one has no twin",
            *(f"    write(self, {name!r}, {value})" for name, value in values),
            *([] if values else ["    pass"]),
        ]
    elif is_frozen:
        lines = [f"write(self, {name!r}, {value})" for name, value in values]
    else:
        lines = [f"self.{name} = {value}" for name, value in values]
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    head = f"def __init__(self, {', '.join(parameters)}):"
    exec("\n    ".join([head, *(lines or ["pass"])]), names)  # noqa: S102 - as dataclasses do
    function: Callable[..., None] = names["__init__"]
    function.__qualname__ = f"{cls.__qualname__}.__init__"
    return function


def _parameter(member: Field[Any], names: dict[str, Any]) -> str:
    """The parameter of a member, with its default."""
    if member.default is not MISSING:
        names[f"default_{member.name}"] = member.default
        return f"{member.name}=default_{member.name}"
    return member.name if member.default_factory is MISSING else f"{member.name}=ABSENT"


def _value(member: Field[Any], names: dict[str, Any]) -> str:
    """The expression for the value of a member."""
    if not member.init and member.default is not MISSING:
        names[f"default_{member.name}"] = member.default
        return f"default_{member.name}"
    if member.default_factory is MISSING:
        return member.name
    make = f"make_{member.name}"
    names[make] = member.default_factory
    return f"{make}() if {member.name} is ABSENT else {member.name}" if member.init else f"{make}()"


def _has_default(member: Field[Any]) -> bool:
    return member.default is not MISSING or member.default_factory is not MISSING


def _writer(members: tuple[Field[Any], ...]) -> Callable[[Any], str]:
    names = [member.name for member in members if member.repr]

    def write(self: Any) -> str:
        values = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
        return f"{self.__class__.__qualname__}({values})"

    return recursive_repr()(write)


def _comparison(members: tuple[Field[Any], ...], *, can_change: bool) -> dict[str, Any]:
    """Objects of one class are equal when their members are; frozen ones can be in sets."""
    values = _values([member.name for member in members if member.compare])
    keys = _values([m.name for m in members if (m.compare if m.hash is None else m.hash)])

    def equals(self: Any, second: object) -> Any:
        return values(self) == values(second) if second.__class__ is self.__class__ else NotImplemented

    def digest(self: Any) -> int:
        return hash(keys(self))

    return {"__eq__": equals, "__hash__": None if can_change else digest}


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The values of these members."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple([getattr(self, name) for name in names])


def _closure(cls: type[Any], members: tuple[Field[Any], ...]) -> dict[str, Any]:
    """What keeps others from changing a member, and lets pickle make an object."""
    names = [member.name for member in members]

    def assign(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def delete(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    def pack(self: Any) -> list[Any]:
        return [getattr(self, name) for name in names]

    def unpack(self: Any, state: list[Any]) -> None:
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    functions: dict[str, Any] = {"__setattr__": assign, "__delattr__": delete}
    return functions | ({"__getstate__": pack, "__setstate__": unpack} if "__slots__" in vars(cls) else {})
