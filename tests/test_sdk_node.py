"""The real OpenAI SDK for JavaScript drives the mock server."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from antiphon_mockserver import ResponsesMock

HERE = Path(__file__).parent / "node"
NPM = ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error"]


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the SDK is installed."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    for file in HERE.iterdir():
        shutil.copy(file, folder)
    process = subprocess.run(NPM, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if process.returncode != 0:
        pytest.skip(f"the npm package `openai` cannot be installed here: {process.stderr[-200:]}")
    return folder


@pytest.fixture(scope="session")
def results(sdk: Path) -> dict[str, Any]:
    """The results of the SDK's tasks against the mock."""
    with ResponsesMock(dialect="openai") as mock:
        command = ["node", "drive.mjs", mock.url, json.dumps(webhook(mock))]
        run = subprocess.run(command, cwd=sdk, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    output: dict[str, Any] = json.loads(run.stdout)
    return output


@pytest.fixture(scope="session")
def surface(sdk: Path) -> dict[str, Any]:
    """What the SDK gets of all that lies around responses."""
    with ResponsesMock(dialect="openai") as mock:
        command = ["node", "surface.mjs", mock.url]
        run = subprocess.run(command, cwd=sdk, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    output: dict[str, Any] = json.loads(run.stdout)
    return output


def webhook(mock: ResponsesMock) -> dict[str, Any]:
    """A webhook of this server, and the secret that signs it."""
    mock.send_webhooks_to(lambda _headers, _body: 204)
    body = json.dumps({"model": "gpt-5-mini", "input": "Say hello.", "background": True, "stream": True})
    headers = {"content-type": "application/json", "authorization": "Bearer any"}
    with urlopen(Request(f"{mock.url}/responses", body.encode(), headers), timeout=10) as reply:
        reply.read()
    [delivery] = mock.webhooks.wait()
    return {
        "body": delivery.body.decode(),
        "headers": dict(delivery.headers),
        "secret": mock.webhook_secret,
    }


def test_a_webhook_is_unwrapped_and_one_that_was_changed_is_not(results: dict[str, Any]) -> None:
    assert results["webhook"] == {"type": "response.completed", "status": "completed"}
    assert results["refused"] == "InvalidWebhookSignatureError"


def test_create_answers_the_prompt(results: dict[str, Any]) -> None:
    assert results["created"] == "pong"


def test_a_stream_has_its_life_cycle_and_its_text(results: dict[str, Any]) -> None:
    assert results["types"][0] == "response.created"
    assert results["types"][-1] == "response.completed"
    assert all(number in results["streamed"] for number in "12345")


def test_the_stream_helper_rebuilds_the_same_text(results: dict[str, Any]) -> None:
    assert results["helped"] == results["streamed"]


def test_a_tool_loop_ends_with_an_answer(results: dict[str, Any]) -> None:
    assert results["call"] == {"name": "get_weather", "arguments": {"city": "Paris"}}
    assert "21 degrees and sunny" in results["answered"]


def test_a_connection_continues_what_is_not_stored(surface: dict[str, Any]) -> None:
    assert surface["recalled"] == "Your name is Ada."


def test_a_conversation_remembers_its_responses(surface: dict[str, Any]) -> None:
    assert surface["remembered"] == "Your name is Ada."
    assert surface["roles"] == ["user", "assistant"] * 2
    assert surface["forgotten"] is True


def test_a_vector_store_is_searched_by_a_client_and_by_a_tool(surface: dict[str, Any]) -> None:
    assert surface["found"] == [["leave.txt", "Each employee has thirty days of leave a year."]]
    assert surface["searched"] == ["file_search_call", "message"]
    assert surface["filenames"] == ["leave.txt"]


def test_a_search_of_the_web_is_cited(surface: dict[str, Any]) -> None:
    assert surface["browsed"] == ["web_search_call", "message"]
    assert surface["sources"] == ["url_citation"]
