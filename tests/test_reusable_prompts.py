"""Reusable prompts of OpenAI (`pmpt_...`): what the model sees of them, and what the response shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import reply_from_value
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.settings import SettingError
from antiphon_spec.data import DataError
from antiphon_spec.dialect import load
from mock_client import Client

QUESTION = "What is 2 + 3?"
PDF = "data:application/pdf;base64,JVBERi0="
MINE = '{id: pmpt_mine, versions: {"1": {model: gpt-5, messages: [{role: user, content: Say hello.}]}}}'


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(dialect="openai")


def post(client: Client, prompt: dict[str, Any], **body: Any) -> Any:
    return client.post("/responses", {"prompt": prompt, **body})


def text(kind: str, words: str) -> dict[str, Any]:
    return {"type": "message", "role": kind, "content": [{"type": "input_text", "text": words}]}


def test_a_prompt_brings_model_settings_and_messages_and_is_shown(client: Client) -> None:
    prompt = {"id": "pmpt_answer_question", "variables": {"question": QUESTION}}
    response = post(client, prompt).json
    assert response["output"][0]["content"][0]["text"] == "2 + 3 = 5"
    assert (response["model"], response["temperature"]) == ("gpt-4o", 0.2)
    variables = {"question": {"type": "input_text", "text": QUESTION}}
    assert response["prompt"] == {"id": "pmpt_answer_question", "variables": variables, "version": "2"}
    assert response["instructions"] == [
        text("developer", "Answer in a friendly tone."),
        text("user", f"You are a helpful assistant. Please answer this question: {QUESTION}"),
    ]
    assert client.get(f"/responses/{response['id']}").json == response
    assert client.get(f"/responses/{response['id']}/input_items").json["data"] == []


def test_the_request_wins_over_the_prompt_and_adds_its_input(client: Client) -> None:
    prompt = {"id": "pmpt_answer_question", "version": "1", "variables": {"question": QUESTION}}
    response = post(client, prompt, model="gpt-5", input="Reply with exactly: Later.").json
    assert response["output"][0]["content"][0]["text"] == "Later"
    assert (response["model"], response["prompt"]["version"]) == ("gpt-5", "1")
    plain = client.create("Reply with exactly: Later.").json
    assert "prompt" not in plain
    assert plain["usage"]["input_tokens"] < response["usage"]["input_tokens"]


def test_pictures_and_files_stand_in_the_places_of_variables(client: Client) -> None:
    picture = {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"}
    document = {
        "type": "input_file",
        "filename": "a.pdf",
        "file_data": "data:application/pdf;base64,JVBERi0=",
    }
    variables = {"message": "Look!", "picture": picture, "document": document}
    prompt = {"id": "pmpt_describe_files", "variables": variables}
    response = post(client, prompt).json
    [message] = response["instructions"]
    texts = [part.get("text") for part in message["content"]]
    before = "Describe what the user sent.\n\nMessage: Look!\nPicture: "
    assert texts == [before, None, "\nDocument: ", None, "\n\nBe brief."]
    assert response["prompt"]["variables"] == {
        "message": {"type": "input_text", "text": "Look!"},
        "picture": {"type": "input_image", "detail": "low", "file_id": None, "image_url": None},
        "document": {"type": "input_file", "file_id": None, "filename": "a.pdf"},
    }
    assert "a.pdf" in response["output"][0]["content"][0]["text"]
    shown = post(client, prompt, include=["message.input_image.image_url"]).json["prompt"]["variables"]
    assert shown["picture"]["image_url"] == picture["image_url"]


@pytest.mark.parametrize(
    ("prompt", "status", "param", "message"),
    [
        ({"id": "pmpt_unknown"}, 404, "prompt", "Prompt with id 'pmpt_unknown' not found."),
        ({"id": "pmpt_say_hello", "version": "9"}, 404, "prompt", "has no version '9'."),
        ({"id": "pmpt_answer_question"}, 400, "prompt.variables", "Missing prompt variables: question."),
        (
            {"id": "pmpt_say_hello", "variables": {"x": ""}},
            400,
            "prompt.variables",
            "Unknown prompt variables: x.",
        ),
    ],
)
def test_what_does_not_fit_is_rejected(
    client: Client, prompt: dict[str, Any], status: int, param: str, message: str
) -> None:
    reply = post(client, prompt)
    error = reply.json["error"]
    assert (reply.status, error["param"], error["type"]) == (status, param, "invalid_request_error")
    assert error["message"].endswith(message)


def test_no_rule_objects_to_a_response_with_a_prompt(client: Client) -> None:
    prompt = {"id": "pmpt_answer_question", "variables": {"question": QUESTION}}
    reply = reply_from_value(200, Headers((("content-type", "application/json"),)), post(client, prompt).json)
    exchange = Exchange("prompt", Request("POST", "/responses", body={"prompt": prompt}), reply)
    records = engine.lint([exchange], load("openai"))
    assert not [record.rule for record in records if record.outcome in (Outcome.FAILED, Outcome.WARNED)]


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE)
    mine = Client(dialect="openai", prompts=str(tmp_path))
    assert post(mine, {"id": "pmpt_mine"}).json["output"][0]["content"][0]["text"] == "Hello!"
    assert post(mine, {"id": "pmpt_say_hello"}).status == 404
    file.write_text("{id: pmpt_mine}")
    with pytest.raises(DataError, match="versions"):
        Client(dialect="openai", prompts=str(tmp_path))
    with pytest.raises(SettingError, match="prompts"):
        Client(dialect="openai", prompts=str(tmp_path / "absent"))
