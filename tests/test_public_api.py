"""The public API: what it exports, what it returns, and that importing it costs nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import antiphon_conformance
from antiphon_conformance import RunResult, check, check_models, lint
from antiphon_conformance.options.error import OptionError
from antiphon_conformance.options.reading import read_options
from antiphon_conformance.options.table import COMMAND, OPTIONS, PREFIX, PYTEST, options_of
from antiphon_conformance.verdict.baseline import BaselineError
from antiphon_conformance.verdict.verdict import Exit
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.data import DataError

WRONG_TOTAL = "body.forgets-the-input-in-the-total"
EXCHANGE = {
    "id": "one",
    "request": {"method": "POST", "path": "/v1/responses", "headers": {}, "body": {"input": "Hello."}},
    "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": {"id": "resp_1"}},
}


def judged(*mutants: str) -> RunResult:
    app = make_app(Settings(dialect="openai", mutants=mutants))
    return check(app, dialect="openai", properties=False)


def test_a_right_application_conforms() -> None:
    result = judged()
    assert result.conformant
    assert result.status is Exit.CONFORMANT
    assert result.failed == ()
    assert str(result).startswith("openai (compatible): conformant: ")
    assert result.metadata["dialects"] == ["openai"]


def test_a_wrong_application_fails_and_says_where() -> None:
    result = judged(WRONG_TOTAL)
    assert result.status is Exit.NOT_CONFORMANT
    assert "usage.total-is-the-sum" in {record.rule for record in result.failed}
    first, *failures = str(result).splitlines()
    assert first.startswith("openai (compatible): not conformant: ")
    assert len(failures) == sum(len(record.findings) for record in result.failed)
    assert any("usage.total-is-the-sum: " in line and "usage/total_tokens" in line for line in failures)


def test_recordings_are_linted(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(json.dumps(EXCHANGE) + "\n")
    result = lint(path, dialect="openai")
    assert result.status is Exit.NOT_CONFORMANT
    assert result.metadata["files"] == ["traffic.jsonl"]
    assert {finding.exchange for record in result.failed for finding in record.findings} == {"one"}
    assert lint([path]).records == result.records


def test_an_unknown_dialect_is_named() -> None:
    with pytest.raises(DataError, match="klingon"):
        check("http://h", dialect="klingon")


@pytest.mark.parametrize("name", antiphon_conformance.__all__)
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    assert getattr(antiphon_conformance, name).__doc__
    assert name in dir(antiphon_conformance)


URL = "http://h/v1"
PATHS = "files: expected a path, or a list of paths, got "


@pytest.mark.parametrize(
    ("function", "arguments", "options", "message"),
    [
        (check, [URL], {"rule": ["x"]}, "check: unknown argument 'rule'; did you mean 'rules'?"),
        (check_models, [URL, ["m"]], {"scenario": ["x"]}, "'scenario'; did you mean 'scenarios'?"),
        (lint, ["a.jsonl"], {"profil": "strict"}, "unknown argument 'profil'; did you mean 'profile'?"),
        (lint, [b"a.jsonl"], {}, f"{PATHS}b'a.jsonl'"),
        (lint, [5], {}, f"{PATHS}5"),
        (lint, [[]], {}, "files: expected one file or more, got none"),
    ],
)
def test_a_mistake_in_a_call_says_what_was_expected(
    function: Any, arguments: list[Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        function(*arguments, **options)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'klingon'"):
        _ = antiphon_conformance.klingon


@pytest.mark.parametrize("module", ["antiphon_conformance", "antiphon_conformance.plugin"])
def test_importing_imports_nothing_else(module: str) -> None:
    """The plugin is part of every pytest session; only pytest, which runs it, may be there."""
    program = f"""if True:
        import pytest, sys
        before = set(sys.modules)
        import {module}
        print(*sorted(set(sys.modules) - before))
    """
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(output.stdout.split())
    assert modules <= {
        "antiphon_conformance",
        "antiphon_conformance.plugin",
        "antiphon_conformance.options",
        "antiphon_conformance.options.table",
        "antiphon_spec",
        "antiphon_spec.extras",
    }


# The table of options.


def values(**changes: object) -> dict[str, object]:
    """The values of all options when a person writes none, with some changed."""
    defaults = {option.key: () if option.repeatable else option.default for option in OPTIONS}
    flags = {"baseline_update": False, "strict": False, "no_properties": False}
    return {**defaults, **flags, "target": "http://h/v1", **changes}


def test_the_front_doors_have_the_same_options_but_two() -> None:
    command, plugin = ({option.name for option in options_of(door)} for door in (COMMAND, PYTEST))
    assert plugin - command == {"target", "dialect-path"}
    assert command <= plugin


def test_defaults_make_a_configuration() -> None:
    setup = read_options(values(), COMMAND)
    assert setup.config.url == "http://h/v1"
    assert setup.config.dialects == ("openresponses",)
    assert setup.report is None


@pytest.mark.parametrize("door", [COMMAND, PYTEST])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repeat": 0}, "{}repeat: expected more than 0, got 0"),
        ({"timeout": 0.0}, "{}timeout: expected more than 0, got 0.0"),
        ({"dialect": ","}, "{}dialect: expected one of azure, bud, cloudglue"),
        ({"feature": ("telepathy",)}, "{}feature: expected one of "),
        ({"resource": ("telepathy",)}, "{}resource: expected NAME=ID, got 'telepathy'"),
        ({"baseline_update": True}, "{0}baseline-update: expected {0}baseline FILE, got none"),
        ({"api_key_env": "NO_SUCH"}, "{}api-key-env NO_SUCH: expected a variable that is set, got none"),
        ({"report": "/proc/no/such"}, "{}report: expected a writable folder, got /proc/no/such"),
        ({"requirements": ("openai@2.3.0",)}, "{}requirements: expected a set of openresponses"),
    ],
)
def test_a_mistake_says_where_expected_and_got(door: str, changes: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as error:
        read_options(values(**changes), door)
    assert str(error.value).startswith(message.format(PREFIX[door]))


# The arguments of `check` in Python.


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"features": ["backgrond"]}, OptionError, r"^features: expected one of .*did you mean 'background'"),
        ({"features": "background"}, TypeError, r"^features: expected a list of strings, got 'background'"),
        ({"repeat": 0}, OptionError, r"^repeat: expected more than 0, got 0"),
        ({"repeat": True}, TypeError, r"^repeat: expected an integer, got True"),
        ({"max_requests": -1}, OptionError, r"^max_requests: expected more than 0, got -1"),
        ({"seed": "a"}, TypeError, r"^seed: expected an integer, got 'a'"),
        ({"timeout": "a"}, TypeError, r"^timeout: expected a number of seconds, got 'a'"),
        ({"timeout": None}, TypeError, r"^timeout: expected a number of seconds, got None"),
        ({"base_path": "v9"}, OptionError, r"^base_path: expected a path that starts with a slash.*'v9'"),
        ({"resources": {"telepathy": "1"}}, OptionError, r"^resources: expected one of mcp_server"),
        ({"requirements": ["openai@1"]}, OptionError, r"^requirements: expected one of .* got 'openai@1'"),
        ({"baseline": "no.yaml"}, BaselineError, r"^no\.yaml: expected a YAML file, got no such file; "),
        ({"dialect": "base"}, OptionError, r"^dialect: expected one of azure, bud, .* got 'base'"),
        ({"target": 7}, TypeError, r"^target: expected a base URL or an ASGI application, got 7"),
    ],
)
def test_a_wrong_argument_is_an_error_before_anything_is_sent(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    calls: list[object] = []

    async def app(*call: object) -> None:
        calls.append(call)

    with pytest.raises(error, match=message):
        check(**{"target": app, "dialect": "openai", "properties": False, **arguments})
    assert calls == []
