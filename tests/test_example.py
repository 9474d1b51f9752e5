"""`antiphon example`: right answers for people who implement a dialect, and the styles of `check`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from antiphon.commands.check import check
from antiphon.commands.example import KINDS, example
from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver import ResponsesMock
from antiphon_spec.dialect import load, names


def printed(kind: str, dialect: str) -> tuple[int, str]:
    """Status and body of an example."""
    result = CliRunner().invoke(example, [kind, "--dialect", dialect], standalone_mode=False)
    assert result.return_value == 0, result.output
    head, _, body = result.output.partition("\ncontent-type: ")
    return int(head.splitlines()[-1]), body.partition("\n\n")[2]


@pytest.mark.parametrize("dialect", names())
@pytest.mark.parametrize(("kind", "status"), [("response", 200), ("error", 400)])
def test_an_example_is_a_right_answer(dialect: str, kind: str, status: int) -> None:
    answered, text = printed(kind, dialect)
    assert answered == status
    reply = Reply(status, Headers((("content-type", "application/json"),)), text.encode(), json.loads(text))
    records = lint([Exchange("example", Request("POST", "/responses"), reply)], load(dialect))
    assert not [record.rule for record in records if record.outcome is Outcome.FAILED]


@pytest.mark.parametrize("dialect", names())
def test_an_example_of_a_stream_ends_with_the_response(dialect: str) -> None:
    status, text = printed("stream", dialect)
    assert status == 200
    assert "response.completed" in text


def test_there_is_an_example_of_each_kind() -> None:
    assert list(KINDS) == ["response", "stream", "error"]


ONE_RULE = ("--rule", "lifecycle.ends-with-a-terminal-event", "--no-properties")


@pytest.fixture(scope="module")
def url():
    with ResponsesMock(mutants=["events.never-ends"]) as mock:
        yield mock.url


def test_quiet_is_one_line(url: str) -> None:
    result = CliRunner().invoke(check, [url, *ONE_RULE, "--quiet"], standalone_mode=False)
    assert result.return_value == 1
    assert result.stdout.splitlines() == ["openresponses (compatible): not conformant: 1 cause to mend"]


def test_json_is_the_overview(url: str) -> None:
    result = CliRunner().invoke(check, [url, *ONE_RULE, "--format", "json"], standalone_mode=False)
    (row,) = json.loads(result.stdout)
    assert [fault["rules"] for fault in row["fix"]] == [["lifecycle.ends-with-a-terminal-event"]]
    assert "openai-python" in row["fix"][0]["breaks"]
    assert row["status"] == 1


def test_a_curl_command_is_folded_until_somebody_asks(url: str) -> None:
    screen = CliRunner().invoke(check, [url, *ONE_RULE], standalone_mode=False).output
    assert "curl" not in screen
    assert all(len(line) <= 80 for line in screen.splitlines() if "antiphon check" not in line)
    verbose = CliRunner().invoke(check, [url, *ONE_RULE, "--verbose"], standalone_mode=False).output
    assert "curl" in verbose
