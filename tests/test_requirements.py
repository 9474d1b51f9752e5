"""Every requirement is tested, excluded or planned; every citation resolves. This is the coverage report."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon_conformance.rules.rule import all_rules
from antiphon_spec.data import DataError
from antiphon_spec.dialect import DIALECTS, load, names
from antiphon_spec.requirement import SEVERITY, Severity, read_requirements

DIALECT_NAMES = names()


@pytest.mark.parametrize("dialect", DIALECT_NAMES)
def test_every_tested_requirement_is_cited_by_a_rule(dialect: str) -> None:
    spec = load(dialect)
    citations = {row.id for rule in all_rules().values() for row in rule.requirements(spec)}
    missing_rows = [key for key, row in spec.requirements.items() if row.tested and key not in citations]
    assert missing_rows == []


def test_every_citation_resolves_in_some_dialect() -> None:
    specs = [load(dialect) for dialect in DIALECT_NAMES]
    dangling = [
        (rule.id, citation)
        for rule in all_rules().values()
        for citation in rule.cites
        if not any(dialect.resolve(citation) for dialect in specs)
    ]
    assert dangling == []


def test_every_rule_applies_in_some_dialect() -> None:
    specs = [load(dialect) for dialect in DIALECT_NAMES]
    idle = [key for key, rule in all_rules().items() if not any(map(rule.requirement, specs))]
    assert idle == []


@pytest.mark.parametrize("dialect", DIALECT_NAMES)
def test_only_parts_of_later_releases_are_planned(dialect: str) -> None:
    waits = {row.planned for row in load(dialect).requirements.values() if row.planned}
    assert waits <= {
        "the WebSocket transport",
        "conversations",
        "webhooks",
        "hosted tools that the mock server runs",
    }


@pytest.mark.parametrize("dialect", DIALECT_NAMES)
def test_rows_that_cannot_be_observed_are_not_claimed_as_tested(dialect: str) -> None:
    assert [row.id for row in load(dialect).requirements.values() if row.test == "U" and row.tested] == []


def test_the_counts_add_up() -> None:
    openai = load("openai")
    assert sum(openai.counts.values()) == len(openai.requirements)
    assert openai.counts["tested"] > 200


def test_a_child_replaces_the_row_of_its_parent() -> None:
    assert load("openai").requirements["LIF-11"].dialect == "responses"
    assert load("openresponses").requirements["LIF-11"].excluded is not None


def test_every_level_has_a_severity_and_severities_are_ordered() -> None:
    assert set(SEVERITY.values()) == set(Severity)
    assert sorted(Severity, key=lambda severity: severity.rank) == [
        Severity.MUST,
        Severity.SHOULD,
        Severity.MAY,
    ]


def test_each_dialect_says_what_it_follows() -> None:
    for folder in DIALECTS.iterdir():
        if folder.is_dir():
            assert (folder / "SOURCE.md").read_text().startswith(f"# {folder.name}\n")


ROW = "- {id: ABC-01, level: MUST, text: A sentence that holds., source: here%s}\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (ROW % ", excluded: both reasons here, planned: both reasons", "#/0"),
        (ROW % ", levle: MUST", "levle"),
        (ROW.replace("MUST", "OUGHT") % "", "#/0/level"),
        (ROW % "" * 2, "a second row"),
        ("- [", "expected YAML"),
    ],
)
def test_a_malformed_file_of_rows_says_where_and_what(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "requirements.yaml").write_text(content)
    with pytest.raises(DataError) as failure:
        read_requirements(tmp_path, "mine")
    assert complaint in str(failure.value)
