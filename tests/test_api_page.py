"""The examples of `docs/api.md` pass as tests, and its table has every public name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import antiphon_conformance
import antiphon_mockserver

PAGE = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
EXTENSIONS = [example for example in EXAMPLES if "@rule(" in example]
"""These add a rule to their whole process."""


@pytest.mark.parametrize(
    "examples",
    [[example for example in EXAMPLES if example not in EXTENSIONS], EXTENSIONS],
    ids=["uses", "extensions"],
)
def test_every_example_passes(examples: list[str], pytester: pytest.Pytester) -> None:
    pytest.importorskip("openai")
    pytest.importorskip("fastapi")
    pytester.makepyfile(**{f"test_example_{number}": example for number, example in enumerate(examples)})
    count = len(re.findall(r"^def test_", "\n".join(examples), re.MULTILINE))
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", timeout=240)
    result.assert_outcomes(passed=count)


@pytest.mark.parametrize("package", [antiphon_mockserver, antiphon_conformance], ids=lambda it: it.__name__)
def test_the_table_has_every_public_name(package) -> None:
    (row,) = re.findall(rf"^\| `{package.__name__}` \| (.*) \|$", PAGE, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", row)) == sorted(package.__all__)
