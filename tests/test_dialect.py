"""Dialects extend one another, and a malformed folder is rejected with a reason."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from antiphon_spec.data import SCHEMAS, read_yaml
from antiphon_spec.dialect import DialectError, MockTraits, Traits, load, names


def test_the_concrete_dialects_ship() -> None:
    assert names() == ("azure", "bud", "cloudglue", "openai", "openresponses")


def test_a_dialect_knows_its_ancestors() -> None:
    assert load("openai").lineage == ("openai", "responses", "base")
    assert load("cloudglue").lineage == ("cloudglue", "base")


def test_a_dialect_is_read_once() -> None:
    assert load("openai") is load("openai")


def test_traits_of_the_child_win_and_mappings_merge() -> None:
    openai, openresponses = load("openai").mock, load("openresponses").mock
    assert (openai.sentinel, openresponses.sentinel) == ("absent", "required")
    prefixes = load("openai").traits.id_prefixes
    assert prefixes["response"] == "resp_"
    assert prefixes["custom_tool_call"] == "ctc_"
    assert (openai.error_type(404), openresponses.error_type(404)) == ("invalid_request_error", "not_found")


def test_a_citation_resolves_to_a_row_or_to_a_place_in_the_document() -> None:
    openai, openresponses = load("openai"), load("openresponses")
    assert openresponses.resolve("ENV-04") is not None
    assert openai.resolve("ENV-04") is None
    place = openai.resolve("openai#/components/schemas/Response")
    assert place is not None
    assert (place.authority, place.kind, place.tested) == ("SCHEMA", "interop", True)
    contract = openai.resolve("openai#/components/schemas/Response@contract")
    assert contract is not None
    assert (contract.id, contract.kind) == (place.id, "contract")
    assert openresponses.resolve("openai#/components/schemas/Response") is None
    assert openai.resolve("openai#/components/schemas/NoSuchThing") is None


def test_rows_of_the_responses_family_do_not_apply_to_a_library() -> None:
    cloudglue = load("cloudglue")
    assert cloudglue.resolve("ENV-08") is None
    assert cloudglue.resolve("openai#/components/schemas/Response") is None
    assert cloudglue.resolve("HTTP-01") is not None
    assert cloudglue.resolve("cloudglue#/components/schemas/Response") is not None


def test_the_file_may_set_every_trait() -> None:
    sections = read_yaml(SCHEMAS / "dialect.schema.yaml")["properties"]
    for name, settings in (("traits", Traits), ("mock", MockTraits)):
        assert set(sections[name]["properties"]) == {entry.name for entry in fields(settings)}


def test_a_user_dialect_extends_ours(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "dialect.yaml").write_text(
        "title: Mine\nextends: openai\nmock: {sentinel: optional}\n"
    )
    custom = load("mine", tmp_path)
    assert custom.lineage == ("mine", "openai", "responses", "base")
    assert custom.mock.sentinel == "optional"
    assert custom.document is not None
    assert "TRN-18" in custom.requirements


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("title: Mine\nextends: mine", "extends"),
        ("title: Mine\nmock: {sentinel: sometimes}", "mock/sentinel"),
        ("title: Mine\ntraits: {unheard_of: 1}", "unheard_of"),
        ("release: '1'", "title"),
        ("title: Mine\nextends: nobody", "nobody"),
    ],
)
def test_a_malformed_dialect_says_where_and_what(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "dialect.yaml").write_text(content)
    with pytest.raises(DialectError) as failure:
        load("mine", tmp_path)
    assert complaint in str(failure.value)


def test_an_unknown_dialect_is_rejected_with_the_known_names() -> None:
    with pytest.raises(DialectError, match="openai, openresponses"):
        load("nobody")
