"""Our own words: names of values, classes and exceptions, summaries, and lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import words
from antiphon_conformance.rules.rule import all_rules
from antiphon_mockserver.mutants import all_mutants

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "antiphon_spec": ROOT / "spec",
    "antiphon_fixtures": ROOT / "fixtures",
    "antiphon_mockserver": ROOT / "mockserver",
    "antiphon_conformance": ROOT / "conformance",
    "antiphon": ROOT / "cli",
}
FOLDERS = (*PACKAGES.values(), ROOT / "tests", ROOT / "docs", ROOT / "benchmarks")
LARGEST_SHARE = 0.02
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_SUMMARY = 400, 60, 90
BANNED = (
    "is taken",
    "is told",
    "is decided",
    "for it is",
    "of which",
    "whatever no other rule looks at",
    "refused",
)
"""Phrases that no summary of a rule has: they hide who does what, or name a wrong request as refused."""
OWN_WAY = "noqa: N818"
"""The waiver of an exception whose name does not end in Error; ruff holds the rest of that rule."""


def files(package: str) -> Iterator[Path]:
    """The source files of one of our packages."""
    return (PACKAGES[package] / package).rglob("*.py")


def sources() -> Iterator[Path]:
    """Every source file of ours, in the packages and around them."""
    return (path for folder in FOLDERS for path in folder.rglob("*.py") if "node_modules" not in path.parts)


@pytest.mark.parametrize("package", PACKAGES)
def test_few_values_are_named_by_a_participle_or_a_pronoun(package: str) -> None:
    names = [name for path in files(package) for name, _ in words.values(path)]
    bad = [name for name in names if words.is_bad(name)]
    assert len(bad) <= LARGEST_SHARE * len(names), sorted(bad)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("told", True),
        ("rows_found", True),
        ("_given", True),
        ("answered", True),
        ("this", True),
        ("findings", False),
        ("expected", False),
        ("seed", False),
        ("FOUND", False),
        ("found_rows", False),
    ],
)
def test_the_last_word_of_a_name_counts(name: str, bad: bool) -> None:
    assert words.is_bad(name) is bad


@pytest.mark.parametrize("package", PACKAGES)
def test_a_class_name_means_one_thing_in_a_package(package: str) -> None:
    assert {name: places for name, places in words.classes(files(package)).items() if len(places) > 1} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_builtin_is_shadowed(package: str) -> None:
    assert [shadow for path in files(package) for shadow in words.shadows(path)] == []


def test_what_shadows_a_builtin_is_a_binding_outside_of_a_class(tmp_path: Path) -> None:
    file = tmp_path / "shadows.py"
    file.write_text(
        "class Row:\n    id: int\n    def filter(self, type): ...\n"
        "for input in []: ...\nimport json as dict\ndef map(): ...\nmin, spam = 1, 2\nrow.hash = 3\n"
    )
    assert sorted(words.shadows(file)) == [
        "shadows.py:3 type",
        "shadows.py:4 input",
        "shadows.py:5 dict",
        "shadows.py:6 map",
        "shadows.py:7 min",
    ]


def test_every_exception_ends_in_error() -> None:
    assert [path.name for path in sources() if OWN_WAY in path.read_text() and path != Path(__file__)] == []
    assert [name for path in sources() for name in words.exceptions(path) if not name.endswith("Error")] == []


def summaries() -> Mapping[str, Mapping[str, str]]:
    """The summaries of rules and of mutants, by id."""
    return {
        "rules": {name: rule.summary for name, rule in all_rules().items()},
        "mutants": {name: mutant.summary for name, mutant in all_mutants().items()},
    }


@pytest.mark.parametrize("kind", ["rules", "mutants"])
def test_a_summary_is_one_short_sentence(kind: str) -> None:
    wrong = {
        name: summary
        for name, summary in summaries()[kind].items()
        if len(summary) > LONGEST_SUMMARY or not summary.endswith(".")
    }
    assert wrong == {}


def test_a_summary_of_a_rule_says_in_plain_words_what_a_right_server_does() -> None:
    wrong = {
        name: summary
        for name, summary in summaries()["rules"].items()
        if any(phrase in summary.lower() for phrase in BANNED)
    }
    assert wrong == {}


def test_every_file_has_at_most_400_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path.name: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_function_has_at_most_60_lines() -> None:
    lengths = {name: length for path in sources() for name, length in words.functions(path)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
