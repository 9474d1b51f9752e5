"""The pytest fixture `responses_mock`, used as its users use it."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from antiphon_mockserver.mock import ResponsesMock
from antiphon_mockserver.script import ScriptError


def ask(mock: ResponsesMock, text: str, **body: Any) -> Any:
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
