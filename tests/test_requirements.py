"""Every requirement is tested, excluded or planned; every citation resolves. This is the coverage report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from antiphon_conformance.rules.rule import all_rules
from antiphon_spec.data import DataError
from antiphon_spec.dialect import DIALECTS, load, names
from antiphon_spec.profile import Weight, load_profile
from antiphon_spec.requirement import AUTHORITY, Kind, read_requirements

DIALECT_NAMES = names()

MUST_REJECT = {"WSK-22", "WSK-25"}
"""Requirements whose norm says that a server must reject."""


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
def test_no_row_waits_for_a_later_release(dialect: str) -> None:
    assert [row.id for row in load(dialect).requirements.values() if row.planned] == []


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


@pytest.mark.parametrize("dialect", DIALECT_NAMES)
def test_every_authority_is_explained(dialect: str) -> None:
    assert {row.authority for row in load(dialect).requirements.values()} <= set(AUTHORITY)


def test_each_dialect_says_what_it_follows() -> None:
    for folder in DIALECTS.iterdir():
        if folder.is_dir():
            assert (folder / "SOURCE.md").read_text().startswith(f"# {folder.name}\n")


NO_NORM = re.compile(
    r"github\.com/|GitHub |openai-(python|node)|docstring|example|inferred|unspecified", re.IGNORECASE
)
"""What a sentence may be drawn from that demands nothing."""


@pytest.mark.parametrize("dialect", DIALECT_NAMES)
def test_what_document_or_schema_demands_stands_in_a_normative_place(dialect: str) -> None:
    demanded = [row for row in load(dialect).requirements.values() if row.authority in ("DOC", "SCHEMA")]
    assert [(row.id, row.source) for row in demanded if NO_NORM.search(row.source)] == []


@pytest.mark.parametrize("dialect", DIALECT_NAMES)
def test_what_traffic_holds_is_counted_and_what_clients_need_names_them(dialect: str) -> None:
    rows = load(dialect).requirements.values()
    assert [row.id for row in rows if (row.authority == "TRAFFIC") != (row.traffic is not None)] == []
    assert [row.id for row in rows if (row.authority == "CLIENT") != (row.client is not None)] == []
    counts = [(row.id, row.traffic) for row in rows if row.traffic is not None]
    assert [key for key, count in counts if count.held != count.of or count.of < 10] == []


def test_the_norm_itself_demands_each_rejection_that_fails_a_compatible_server() -> None:
    every = (row for dialect in DIALECT_NAMES for row in load(dialect).requirements.values())
    rejections = (row for row in every if row.kind is Kind.STRICTNESS)
    assert {row.id for row in rejections if load_profile().weigh(row) is Weight.FAIL} == MUST_REJECT


ROW = "- {id: ABC-01, authority: MUST, kind: interop, text: A sentence that holds., source: here%s}\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (ROW % ", excluded: both reasons here, planned: both reasons", "#/0"),
        (ROW % ", levle: MUST", "levle"),
        (ROW.replace("interop", "habit") % "", "#/0/kind"),
        (ROW.replace("kind: interop, ", "") % "", "#/0"),
        (ROW % ", traffic: {held: 9, of: 9}", "families"),
        (ROW.replace("MUST", "OUGHT") % "", "#/0/authority"),
        (ROW % "" * 2, "a second row"),
        ("- [", "expected YAML"),
    ],
)
def test_a_malformed_file_of_rows_says_where_and_what(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "requirements.yaml").write_text(content)
    with pytest.raises(DataError) as failure:
        read_requirements(tmp_path, "mine")
    assert complaint in str(failure.value)
