"""The settings of a mock server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, fields, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from antiphon_spec.data import DataError, nearest
from antiphon_spec.loading.construction import dataclass

MEBIBYTE = 1024 * 1024
Source = Path | Mapping[str, Any]
"""A script: its file, or its content."""
PATHS = ("world", "prompts")
"""The settings that are a name or a path."""


class SettingError(DataError):
    """A setting has a value that cannot be followed; the message begins with the name of the setting."""

    def __init__(self, setting: str, expected: str, actual: str, value: str = "") -> None:
        super().__init__(f"{setting} {value}".rstrip(), expected, actual)
        self.setting = setting


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server; servers with equal settings answer equal requests with equal bytes."""

    dialect: str = "openai"
    seed: int = 0
    api_keys: tuple[str, ...] = ()
    """The accepted keys; none means every key that does not look invalid (behaviour/access.py)."""
    models: tuple[str, ...] = ()
    """The models that exist; none means every name that does not look invalid (behaviour/access.py)."""
    scripts: tuple[Source, ...] = ()
    """Script files, or their content."""
    store: str = "memory"
    """`memory` (256 MiB), `memory:SIZE` such as `memory:64MiB`, `sqlite:PATH` or `redis://...`."""
    clock: str = "virtual"
    """`virtual` (time stands still and nothing waits) or `real`."""
    pace: float | Mapping[str, Any] = 0.0
    """The pace of streams, as a script's entry writes it: seconds between two events, or a mapping."""
    mutants: tuple[str, ...] = ()
    """Ids of mutants to apply."""
    variations: tuple[str, ...] = ()
    """Ids of legal variations to apply."""
    faults: tuple[str, ...] = ()
    """Faults to inject, as `--fault` writes them (server/faults.py)."""
    world: str = ""
    """The library of videos, in dialects with one: a shipped world or a file; "" means all shipped ones."""
    readings: tuple[str, ...] = ()
    """Unusual readings of its filters, where the documents leave them open, such as `missing-differs`."""
    prompts: str = ""
    """The folder of prompt templates, in dialects that have them; "" means the shipped ones."""
    webhooks: tuple[str, ...] = ()
    """The addresses that are told how responses in the background ended, in dialects with webhooks."""
    webhook_secret: str = field(default="", repr=False)
    """What signs the webhooks: `whsec_` and base64; "" means one that derives from the seed."""
    allowed_hosts: tuple[str, ...] = ()
    """Names besides those of this machine that `Host` and `Origin` may have when tools are real, and to which
    webhooks may go."""
    body_limit: int = 64 * MEBIBYTE
    """The largest request body, in bytes."""
    socket_seconds: float = 3600.0
    """How long a WebSocket connection may last, in seconds."""
    journal: int = 0
    """How many exchanges the journal keeps; 0 means no journal."""


class SettingsOptions(TypedDict, total=False):
    """The fields of `Settings` as keyword arguments; a list may stand for a tuple."""

    dialect: str
    seed: int
    api_keys: Sequence[str]
    models: Sequence[str]
    scripts: Sequence[Source]
    store: str
    clock: str
    pace: float | Mapping[str, Any]
    mutants: Sequence[str]
    variations: Sequence[str]
    faults: Sequence[str]
    world: str
    readings: Sequence[str]
    prompts: str
    webhooks: Sequence[str]
    webhook_secret: str
    allowed_hosts: Sequence[str]
    body_limit: int
    socket_seconds: float
    journal: int


def with_options(settings: Settings, **options: Unpack[SettingsOptions]) -> Settings:
    """Returns the settings with these fields changed.

    Raises TypeError for an unknown field, for a single value where a list belongs, and for other settings.
    """
    if not isinstance(settings, Settings):
        raise TypeError(f"expected Settings, or keywords such as dialect='openai'; got {settings!r}")
    usual = {entry.name: entry.default for entry in fields(Settings)}
    changes: dict[str, Any] = {}
    for name, value in options.items():
        if name not in usual:
            raise TypeError(f"unknown setting {nearest(name, usual)} (there are: {', '.join(sorted(usual))})")
        is_list = isinstance(usual[name], tuple)
        if is_list and (isinstance(value, str) or not isinstance(value, Sequence)):
            raise TypeError(f"{name}: expected a list, got {value!r}")
        changes[name] = tuple(value) if is_list and isinstance(value, Sequence) else value
    return replace(settings, **changes)


def check_types(settings: Settings) -> None:
    """Raises TypeError, which names the setting, for a value of a wrong type."""
    for entry in fields(Settings):
        value = getattr(settings, entry.name)
        kind = type(entry.default)
        if kind is int and (not isinstance(value, int) or isinstance(value, bool)):
            raise TypeError(f"{entry.name}: expected an integer, got {value!r}")
        if kind is str and not isinstance(value, (str, Path) if entry.name in PATHS else str):
            actual = repr(value) if entry.repr else f"a value of type {type(value).__name__}"
            raise TypeError(f"{entry.name}: expected a string, got {actual}")
        if kind is tuple:
            _check_list(entry.name, value)


def _check_list(name: str, value: object) -> None:
    types, words = ((Path, Mapping), "paths or mappings") if name == "scripts" else (str, "strings")
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(f"{name}: expected a list, got {value!r}")
    for entry in value:
        if not isinstance(entry, types):
            path = f"; did you mean Path({entry!r})?" if name == "scripts" and isinstance(entry, str) else ""
            raise TypeError(f"{name}: expected a list of {words}, got {entry!r} in it{path}")
