"""Profiles: what each kind and authority weighs, own files, and what the command makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from antiphon.main import antiphon
from antiphon_conformance.rules.rule import rules_for
from antiphon_spec.data import DataError
from antiphon_spec.dialect import load
from antiphon_spec.frozen import freeze, load_frozen, write_frozen
from antiphon_spec.profile import (
    Weight,
    load_profile,
    profile_names,
    profile_of,
    profile_of_levels,
)
from antiphon_spec.requirement import AUTHORITY, Kind

NORMATIVE = ("MUST", "SCHEMA", "DOC", "CLIENT", "TRAFFIC")
SOFT = ("SHOULD", "OBS", "INF", "SUITE")
FREE = ("MAY", "OPEN")
FAIL, WARN, NOTE, OFF = Weight

TABLE = [
    ("compatible", "interop", NORMATIVE, FAIL),
    ("compatible", "interop", SOFT, WARN),
    ("compatible", "interop", FREE, NOTE),
    ("compatible", "contract", ("MUST", "DOC", "CLIENT"), FAIL),
    ("compatible", "contract", ("SCHEMA", "TRAFFIC", *SOFT), WARN),
    ("compatible", "contract", FREE, NOTE),
    ("compatible", "strictness", ("MUST",), FAIL),
    ("compatible", "strictness", ("SCHEMA", "DOC", "CLIENT", "TRAFFIC", *SOFT, *FREE), NOTE),
    ("compatible", "vendor", (*NORMATIVE, *SOFT, *FREE), OFF),
    ("strict", "interop", NORMATIVE, FAIL),
    ("strict", "interop", SOFT, WARN),
    ("strict", "interop", FREE, NOTE),
    ("strict", "contract", ("MUST", "DOC", "CLIENT"), FAIL),
    ("strict", "contract", ("SCHEMA", "TRAFFIC", *SOFT), WARN),
    ("strict", "contract", FREE, NOTE),
    ("strict", "strictness", ("MUST", "SCHEMA", "DOC"), FAIL),
    ("strict", "strictness", ("CLIENT", "TRAFFIC", *SOFT), WARN),
    ("strict", "strictness", FREE, NOTE),
    ("strict", "vendor", (*NORMATIVE, *SOFT, *FREE), NOTE),
    *(
        ("identical", kind, authorities, weight)
        for kind in Kind
        for authorities, weight in ((NORMATIVE, FAIL), (SOFT, WARN), (FREE, NOTE))
    ),
]


@pytest.mark.parametrize(("profile", "kind", "authorities", "weight"), TABLE)
def test_what_each_kind_and_authority_weighs(
    profile: str, kind: str, authorities: tuple[str, ...], weight: Weight
) -> None:
    weigh = load_profile(profile).weight
    assert {authority: weigh(Kind(kind), authority) for authority in authorities} == dict.fromkeys(
        authorities, weight
    )


def test_the_table_above_is_whole() -> None:
    cells = [(profile, kind, name) for profile, kind, authorities, _ in TABLE for name in authorities]
    assert len(cells) == len(set(cells)) == len(profile_names()) * len(Kind) * len(AUTHORITY)


def test_the_default_comes_first() -> None:
    assert profile_names() == ("compatible", "identical", "strict")
    assert load_profile() == load_profile("compatible")


OWN = """\
name: ours
title: What our gateway promises
for: Our gateway.
weights:
  interop: {MUST: fail, other: warn}
  contract: {other: note}
  strictness: {other: "off"}
  vendor: {other: "off"}
requirements: {ENV-08: note}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "ours.yaml"
    path.write_text(OWN)
    return path


def test_a_file_of_ones_own_weighs(own: Path) -> None:
    profile = load_profile(str(own))
    assert profile.name == "ours"
    assert profile.weight(Kind.INTEROP, "MUST") is FAIL
    assert profile.weight(Kind.INTEROP, "MUST", "ENV-08") is NOTE
    assert profile.weight(Kind.INTEROP, "DOC") is WARN
    assert profile_of(profile.as_json()) == profile


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (OWN.replace("other: note", "other: ignore"), "#/weights/contract/other"),
        (OWN.replace("MUST: fail", "OUGHT: fail"), "OUGHT"),
        (OWN.replace('  vendor: {other: "off"}\n', ""), "#/weights"),
        (OWN.replace("ENV-08: note", "ENV-08: 3"), "#/requirements/ENV-08"),
        (OWN.replace("interop: {MUST: fail, other: warn}", "interop: {MUST: fail}"), "#/weights/interop"),
        ("- [", "expected YAML"),
    ],
)
def test_a_malformed_file_says_where_and_what(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    with pytest.raises(DataError) as failure:
        load_profile(str(path))
    assert complaint in str(failure.value)


def lint(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(antiphon, ["lint", *map(str, arguments)], standalone_mode=False)
    return (result.return_value, result.output) if result.exception is None else (3, str(result.exception))


def test_an_unknown_name_is_told_with_the_nearest_one(own: Path) -> None:
    status, message = lint(own, "--profile", "compatable")
    assert status == 3
    assert message == (
        "--profile: expected one of compatible, identical, strict, or a YAML file, "
        "got 'compatable'; did you mean 'compatible'?"
    )


TRAFFIC = Path(__file__).parent / "data" / "old" / "transcript.jsonl.gz"


def test_a_rule_that_the_profile_has_off_cannot_be_chosen() -> None:
    status, message = lint(TRAFFIC, "--rule", "stream-numbers.have-no-gaps")
    assert (status, message) == (
        3,
        "--rule: expected a rule that the profile judges, got stream-numbers.have-no-gaps, "
        "which the profile compatible has off; try --profile identical",
    )
    assert lint(TRAFFIC, "--rule", "stream-numbers.have-no-gaps", "--profile", "identical")[0] == 0


def test_a_rule_that_weighs_nothing_is_not_run() -> None:
    openai = load("openai")
    off = {key for key, rule in rules_for(openai).items() if rule.weight(openai) is OFF}
    assert off
    assert set(rules_for(openai)) - set(rules_for(openai, load_profile())) == off
    assert rules_for(openai, load_profile("identical")) == rules_for(openai)


def test_the_cited_row_that_weighs_most_decides_in_each_profile() -> None:
    openai = load("openai")
    for name in profile_names():
        profile = load_profile(name)
        for rule in rules_for(openai).values():
            rows = [row for row in rule.requirements(openai) if row.tested]
            assert rule.weight(openai, profile) is min(
                map(profile.weigh, rows), key=lambda weight: weight.rank
            )


def test_a_frozen_set_keeps_its_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openai, strict = load("openai"), load_profile("strict")
    heaviest = {key: rule.requirement(openai, strict) for key, rule in rules_for(openai, strict).items()}
    rows = {key: row for key, row in heaviest.items() if row is not None}
    claim = freeze("openai", "9.9.9", "2026-11-29", strict, rows, openai.requirements.values())
    text = write_frozen(claim, tmp_path).read_text()
    assert "name: strict" in text
    assert "ENV-09: TRAFFIC vendor" in text
    assert claim.weight("ENV-09") is NOTE
    monkeypatch.setattr("antiphon_spec.frozen.FROZEN", tmp_path)
    assert load_frozen("openai@9.9.9") == claim


@pytest.mark.parametrize(("strict", "weight"), [(False, WARN), (True, FAIL)])
def test_levels_of_earlier_versions_weigh_whatever_the_kind(strict: bool, weight: Weight) -> None:
    levels = profile_of_levels(strict)
    assert {levels.weight(kind, "SHOULD") for kind in Kind} == {weight}
    assert {levels.weight(kind, "DOC") for kind in Kind} == {FAIL}
    assert {levels.weight(kind, "MAY") for kind in Kind} == {NOTE}
