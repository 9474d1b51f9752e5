"""The pytest fixtures and `MockServer`, used as their users use them."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import fields
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import antiphon_mockserver
from antiphon_mockserver import MockServer, ResponsesMock, ScriptError, Settings, SettingsOptions


def ask(mock: MockServer, text: str, **body: Any) -> Any:
    url = urlsplit(mock.url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=10)
    headers = {"authorization": "Bearer any", "content-type": "application/json"}
    connection.request(
        "POST", f"{url.path}/responses", json.dumps({"model": "gpt-5", "input": text, **body}), headers
    )
    reply = connection.getresponse()
    raw = reply.read()
    connection.close()
    return raw.decode() if body.get("stream") else json.loads(raw)


def text_of(answer: Any) -> str:
    return str(answer["output"][0]["content"][0]["text"])


def test_without_a_script_the_model_answers(responses_mock: ResponsesMock) -> None:
    assert text_of(ask(responses_mock, "Say hello.")) == "Hello!"
    responses_mock.script({"when": {"input": "weather"}, "text": "It is mild."})
    assert text_of(ask(responses_mock, "How is the weather?")) == "It is mild."
    assert text_of(ask(responses_mock, "Say hello.")) == "Hello!"


def test_entries_are_appended_and_the_first_match_answers(responses_mock: ResponsesMock) -> None:
    responses_mock.script({"when": {"input": "weather"}, "text": "It is mild."})
    responses_mock.script({"when": {"input": "the weather"}, "text": "Never."}, {"text": "Whatever."})
    assert text_of(ask(responses_mock, "How is the weather?")) == "It is mild."
    assert text_of(ask(responses_mock, "Say hello.")) == "Whatever."
    responses_mock.reset()
    assert text_of(ask(responses_mock, "Say hello.")) == "Hello!"


def test_a_strict_script_says_why_nothing_matched(responses_mock: ResponsesMock) -> None:
    responses_mock.script(
        {"name": "weather", "when": {"input": "weather"}, "text": "It is mild."}, strict=True
    )
    assert "weather" in ask(responses_mock, "Say hello.")["error"]["message"]


def test_a_script_may_be_a_file(responses_mock: ResponsesMock, tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("answers: [{text: From a file.}]", encoding="utf-8")
    responses_mock.script(path)
    assert text_of(ask(responses_mock, "Say hello.")) == "From a file."


def test_a_malformed_script_is_rejected(responses_mock: ResponsesMock) -> None:
    with pytest.raises(ScriptError, match="expected"):
        responses_mock.script({"when": {}, "txt": "It is mild."})


def test_the_name_of_a_script_file_is_no_script(responses_mock: ResponsesMock) -> None:
    with pytest.raises(TypeError, match="the Path of a script file"):
        responses_mock.script("weather.yaml")  # type: ignore[arg-type]


def test_the_journal_has_requests_and_answers(responses_mock: ResponsesMock) -> None:
    ask(responses_mock, "Say hello.")
    ask(responses_mock, "Say hello.", stream=True)
    ask(responses_mock, "Say hello.", temperature=7)
    first, second, third = responses_mock.journal
    assert (first.operation, first.status, first.body["input"]) == ("createResponse", 200, "Say hello.")
    assert first.headers["authorization"] == "Bearer any"
    assert text_of(first.answer) == "Hello!"
    assert second.answer is None
    assert second.events[-1]["type"] == "response.completed"
    assert (third.status, third.answer["error"]["param"]) == (400, "temperature")


@pytest.mark.responses_mock(dialect="openresponses", faults=["status=503,first=1"])
def test_the_marker_chooses_the_settings(responses_mock: ResponsesMock) -> None:
    assert "error" in ask(responses_mock, "Say hello.")
    assert ask(responses_mock, "Say hello.", stream=True).endswith("data: [DONE]\n\n")


def test_two_mocks_run_side_by_side(responses_mock: ResponsesMock) -> None:
    with ResponsesMock(models=["mine"]) as second_mock:
        assert second_mock.url != responses_mock.url
        assert ask(second_mock, "Say hello.")["error"]["code"] == "model_not_found"
        assert text_of(ask(responses_mock, "Say hello.")) == "Hello!"


def test_one_server_of_the_session_is_reset_between_tests(responses_mock_server: ResponsesMock) -> None:
    responses_mock_server.script({"text": "From the script."})
    assert text_of(ask(responses_mock_server, "Say hello.")) == "From the script."
    responses_mock_server.reset()
    assert text_of(ask(responses_mock_server, "Say hello.")) == "Hello!"
    assert len(responses_mock_server.journal) == 1


def test_both_fixtures_have_settings_that_all_tests_share(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def responses_mock_settings():\n"
        "    return {'dialect': 'openresponses', 'seed': 3}\n"
    )
    pytester.makepyfile(
        "import pytest\n"
        "def test_each_test_has_a_server(responses_mock, responses_mock_server):\n"
        "    assert responses_mock.settings == responses_mock_server.settings\n"
        "    assert responses_mock.settings.dialect == 'openresponses'\n"
        "    assert responses_mock.url != responses_mock_server.url\n"
        "@pytest.mark.responses_mock(dialect='openai')\n"
        "def test_a_marker_adds_to_them(responses_mock):\n"
        "    assert (responses_mock.settings.dialect, responses_mock.settings.seed) == ('openai', 3)\n"
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_a_server_outside_pytest() -> None:
    with MockServer(dialect="openai", models=["mine"]) as server:
        assert text_of(ask(server, "Say hello.", model="mine")) == "Hello!"
        assert server.journal[-1].status == 200
    with pytest.raises(ConnectionRefusedError):
        ask(server, "Say hello.")


def test_a_server_in_an_event_loop() -> None:
    async def answer() -> Any:
        async with MockServer() as server:
            return await asyncio.to_thread(ask, server, "Say hello.")

    assert text_of(asyncio.run(answer())) == "Hello!"


def test_settings_may_come_as_one_object() -> None:
    settings = Settings(dialect="bud", seed=7)
    with MockServer(settings, seed=8) as server:
        assert server.settings == Settings(dialect="bud", seed=8)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"dialekt": "openai"}, "unknown setting 'dialekt'; did you mean 'dialect'?"),
        ({"fault": ["cut=1"]}, "unknown setting 'fault'; did you mean 'faults'?"),
        ({"faults": "cut=1"}, "faults: expected a list, got 'cut=1'"),
        ({"models": None}, "models: expected a list, got None"),
    ],
)
def test_a_wrong_setting_is_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TypeError, match=re.escape(complaint)):
        ResponsesMock(**options)


def test_keyword_arguments_are_the_fields_of_the_settings() -> None:
    assert list(SettingsOptions.__annotations__) == [field.name for field in fields(Settings)]


def test_every_public_name_resolves() -> None:
    for name in antiphon_mockserver.__all__:
        assert getattr(antiphon_mockserver, name).__name__ == name
    assert set(antiphon_mockserver.__all__) <= set(dir(antiphon_mockserver))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = antiphon_mockserver.Nothing


def test_the_pytest_plugin_imports_no_server() -> None:
    """Every pytest run imports the plugin once the package is installed."""
    code = (
        "import sys, pytest; before = set(sys.modules); import antiphon_mockserver.testing; "
        "print(*sorted(set(sys.modules) - before))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["antiphon_mockserver", "antiphon_mockserver.testing"]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"seed": "7"}, TypeError, "^seed: expected an integer, got '7'"),
        ({"seed": True}, TypeError, "^seed: expected an integer, got True"),
        ({"body_limit": "x"}, TypeError, "^body_limit: expected an integer, got 'x'"),
        ({"journal": "many"}, TypeError, "^journal: expected an integer, got 'many'"),
        ({"dialect": 7}, TypeError, "^dialect: expected a string, got 7"),
        ({"models": [7]}, TypeError, "^models: expected a list of strings, got 7 in it"),
        ({"dialect": "base"}, ValueError, "^dialect: expected one of azure, bud, .*got 'base'"),
        ({"clock": "fast"}, ValueError, "^clock: expected virtual or real, got 'fast'"),
        ({"world": "cooking"}, ValueError, "^world: expected a dialect with a video library, got openai"),
        (
            {"dialect": "openresponses", "prompts": "."},
            ValueError,
            "^prompts: expected a dialect with prompts, got openresponses",
        ),
        ({"dialect": "cloudglue", "readings": ["upside-down"]}, ValueError, "^readings: expected one of "),
        ({"mutants": ["body.forget-the-input"]}, ValueError, "^mutants: expected .* did you mean 'body"),
    ],
)
def test_a_setting_of_a_wrong_type_or_value_is_named(
    settings: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        MockServer(**settings)
