"""The template that the judge requests: the shipped one, one by option, or a hint when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from antiphon.main import run
from antiphon_conformance.prompt_templates import template as probe
from antiphon_mockserver import ResponsesMock
from antiphon_mockserver.prompt_templates.template import SHIPPED, open_registry

KEY = "bud-key"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUD_API_KEY", KEY)


def folder_with(root: Path, **members: object) -> str:
    """A folder with one template: the probe with these members changed."""
    content = yaml.safe_load((SHIPPED / f"{probe.PROBE}.yaml").read_text())
    (root / "servers").mkdir()
    for server in (SHIPPED / "servers").glob("*.yaml"):
        (root / "servers" / server.name).write_text(server.read_text())
    (root / "probe.yaml").write_text(yaml.safe_dump({**content, **members}))
    return str(root)


def check(mock: ResponsesMock, *options: str) -> int:
    return run(
        ["check", mock.url, "--dialect", "bud", "--no-properties", "--api-key-env", "BUD_API_KEY", *options]
    )


def test_the_judge_knows_the_template_that_ships() -> None:
    template = open_registry("").templates[probe.PROBE]
    full = template.versions[probe.FULL]
    assert template.default == probe.DEFAULT
    assert {name: full.settings[name] for name in probe.SETTINGS} == probe.SETTINGS
    assert template.versions[probe.STRUCTURED].output_schema == probe.SCHEMA
    assert tuple(server.label for server in template.versions[probe.TOOLS].servers) == probe.SERVERS
    assert set(probe.VARIABLES) == set((full.input_schema or {})["properties"])
    stream_versions = {number for number, version in template.versions.items() if version.stream}
    assert stream_versions == {probe.STREAMED, probe.TOOLS, probe.UNREACHABLE, probe.FAILING}


def test_a_server_with_the_template_conforms(capsys: pytest.CaptureFixture[str]) -> None:
    with ResponsesMock(dialect="bud", api_keys=[KEY]) as mock:
        assert check(mock) == 0
    assert "\nconformant\n" in capsys.readouterr().out


def test_an_option_sets_another_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_with(tmp_path, id="ours")
    with ResponsesMock(dialect="bud", api_keys=[KEY], prompts=folder) as mock:
        assert check(mock, "--resource", "prompt=ours") == 0
    assert "\nconformant\n" in capsys.readouterr().out


def test_without_the_template_its_rules_see_nothing_and_name_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path, id="ours")
    with ResponsesMock(dialect="bud", api_keys=[KEY], prompts=folder) as mock:
        assert check(mock) == 0
    output = capsys.readouterr().out
    assert "not seen    prompts (--resource prompt=ID names a template)," in output
    assert "\nfailed" not in output
