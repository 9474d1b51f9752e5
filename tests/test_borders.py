"""The borders between the packages, read from the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import antiphon
import antiphon_conformance
import antiphon_fixtures
import antiphon_mockserver
import antiphon_spec

PACKAGES = {
    module.__name__: Path(module.__path__[0])
    for module in (antiphon_spec, antiphon_fixtures, antiphon_mockserver, antiphon_conformance, antiphon)
}
MAY_IMPORT = {
    "antiphon_spec": set(),
    "antiphon_fixtures": set(),
    "antiphon_mockserver": {"antiphon_spec", "antiphon_fixtures"},
    "antiphon_conformance": {"antiphon_spec"},
    "antiphon": {"antiphon_spec", "antiphon_fixtures", "antiphon_mockserver", "antiphon_conformance"},
}
ONLY_IN = {
    "aiohttp": {
        "antiphon_conformance/http/network.py",
        "antiphon_conformance/http/receiver.py",
        "antiphon_conformance/recordings/proxy.py",
        "antiphon_conformance/recordings/proxy_sockets.py",
    },
    "schemathesis": {"antiphon_conformance/requests/generation.py"},
}
ENTRIES = {
    "antiphon_spec": 19,
    "antiphon_fixtures": 6,
    "antiphon_mockserver": 18,
    "antiphon_conformance": 18,
    "antiphon": 8,
}
"""The most entries at the top of each package. Lower a number when you can; never raise one."""
IMPURE = {
    "socket",
    "time",
    "random",
    "os",
    "asyncio",
    "threading",
    "urllib.request",
    "aiohttp",
    "secrets",
}
CLOCK = {"now", "utcnow", "today"}
"""The members of `datetime` and `date` that read the clock; calculating with dates is pure."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def files(package: str) -> Iterator[Path]:
    return PACKAGES[package].rglob("*.py")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_stands_below_it(package: str) -> None:
    strangers = {
        f"{path.name} imports {name}"
        for path in files(package)
        for name in imports(path)
        if (root := name.partition(".")[0]) in PACKAGES
        and root != package
        and root not in MAY_IMPORT[package]
    }
    assert not strangers


@pytest.mark.parametrize("library", ONLY_IN)
def test_only_one_module_imports_each_engine(library: str) -> None:
    users = {
        path.relative_to(root.parent).as_posix()
        for root in PACKAGES.values()
        for path in root.rglob("*.py")
        if any(name.partition(".")[0] == library for name in imports(path))
    }
    assert users <= ONLY_IN[library]
    assert users, f"nothing imports {library}: drop the dependency"


def rule_files() -> Iterator[Path]:
    return (path for path in files("antiphon_conformance") if "rules" in path.parts)


def test_rules_touch_neither_network_nor_clock_nor_chance() -> None:
    impure = {
        f"{path.name} imports {name}"
        for path in rule_files()
        for name in imports(path)
        if name in IMPURE or name.partition(".")[0] in IMPURE
    }
    assert not impure


def test_rules_never_read_the_clock_of_datetime() -> None:
    readings = {
        f"{path.name}:{node.lineno} reads {node.attr}"
        for path in rule_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in CLOCK
    }
    assert not readings


@pytest.mark.parametrize("package", PACKAGES)
def test_the_top_of_a_package_stays_short(package: str) -> None:
    entries = sorted(path.name for path in PACKAGES[package].iterdir() if path.name != "__pycache__")
    assert len(entries) <= ENTRIES[package], entries


def test_every_room_says_what_it_is_for() -> None:
    """A folder of several modules has an `__init__.py` whose docstring begins with a sentence."""
    silent = set()
    for folder in {path.parent for root in PACKAGES.values() for path in root.rglob("*.py")}:
        door = folder / "__init__.py"
        purpose = ast.get_docstring(ast.parse(door.read_text(encoding="utf-8"))) if door.exists() else None
        words = (purpose or "").partition("\n\n")[0].split()
        if len(list(folder.glob("*.py"))) > 1 and (len(words) < 4 or words[-1][-1] not in ".:"):
            silent.add(f"{folder.name}: {purpose}")
    assert not silent
