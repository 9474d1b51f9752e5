"""ARCHITECTURE.md names the files of two walks: each that a tracer sees, and no other."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import walks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
FILE = re.compile(r"^    (?P<path>\S+\.py) +(?P<purpose>\S.*)$", re.MULTILINE)
RULES = re.compile(r"antiphon_conformance/(rules/(?!reading/)\w+|\w+/rules)/\w+\.py")
"""The files of rules: which of them an exchange passes depends on the exchange; the page names rooms."""

HEADINGS = {"create": "through the mock server", "judgement": "through the judge"}
PACKAGES = {"create": "antiphon_mockserver", "judgement": "antiphon_conformance"}
LIMITS = {"create": 30, "judgement": 35}


def purposes(walk: str) -> dict[str, str]:
    """What the page says each file of a walk does, by the path from the package on."""
    (section,) = (
        part for part in PAGE.read_text().split("\n## ") if part.partition("\n")[0].endswith(HEADINGS[walk])
    )
    lines = [(match["path"], match["purpose"]) for match in FILE.finditer(section)]
    return {
        path if path.startswith("antiphon_") else f"{PACKAGES[walk]}/{path}": purpose
        for path, purpose in lines
    }


def walked(walk: str) -> set[str]:
    """The files that a walk passes in a process of its own, where no other test has filled a cache."""
    command = [sys.executable, walks.__file__, walk]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {path for path in output.split() if not RULES.fullmatch(path)}


@pytest.mark.parametrize("walk", walks.WALKS)
def test_the_page_names_the_files_that_a_walk_passes(walk: str) -> None:
    files = walked(walk)
    page = set(purposes(walk))
    assert files == page, f"not on the page: {sorted(files - page)}; in vain: {sorted(page - files)}"
    assert len(files) <= LIMITS[walk]


def test_the_page_stays_one_page() -> None:
    assert len(PAGE.read_text().splitlines()) < 130


def test_the_page_says_once_what_each_file_does() -> None:
    for walk in walks.WALKS:
        counts = Counter(purposes(walk).values())
        assert max(counts.values()) == 1
    paths = [match["path"] for match in FILE.finditer(PAGE.read_text())]
    assert len(paths) == sum(len(purposes(walk)) for walk in walks.WALKS)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_page_can_be_found(name: str) -> None:
    assert "(ARCHITECTURE.md)" in (ROOT / name).read_text()
