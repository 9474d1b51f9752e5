"""Prompt templates: how they are rendered, which requests are rejected, and how files are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from antiphon_mockserver.prompt_templates.rendering import TemplateError, holds, render, variables_of
from antiphon_mockserver.prompt_templates.template import open_registry
from antiphon_spec.data import DataError
from mock_client import Client, Reply

FULL: dict[str, Any] = {
    "name": "Ada & Bo",
    "place": {"city": "Paris"},
    "loud": True,
    "topics": ["tea", "rain"],
    "words": None,
}


def ask(client: Client, id: str, version: str | None = None, /, **body: Any) -> Reply:
    variables = {"variables": body.pop("variables")} if "variables" in body else {}
    version_member = {"version": version} if version else {}
    return client.post("/responses", {"prompt": {"id": id, **version_member, **variables}, **body})


def instructions_of(reply: Reply) -> list[tuple[str, str]]:
    return [(message["role"], message["content"][0]["text"]) for message in reply.json["instructions"]]


@pytest.fixture(scope="module")
def bud() -> Client:
    return Client(dialect="bud")


def test_variables_are_filled_into_every_text(bud: Client) -> None:
    reply = ask(bud, "antiphon_probe", "1", variables=FULL, input="Reply with exactly: pong")
    assert instructions_of(reply) == [
        ("system", "Greet Ada & Bo <Paris> loudly.\n- TEA\n- RAIN\nUse 7 words."),
        ("user", "Hello from Ada & Bo."),
        ("user", "Reply with exactly: pong"),
    ]
    assert reply.json["output"][0]["content"][0]["text"] == "pong"
    assert reply.json["prompt"] == {"id": "antiphon_probe", "variables": FULL, "version": "1"}


def test_the_message_of_a_template_is_what_the_model_answers(bud: Client) -> None:
    variables = {"question": "Reply with exactly: neurons"}
    reply = ask(bud, "prompt_neural_networks", variables=variables)
    assert reply.json["output"][0]["content"][0]["text"] == "neurons"


def test_the_settings_of_the_template_win(bud: Client) -> None:
    reply = ask(
        bud, "antiphon_probe", "1", variables=FULL, temperature=2, max_tokens=16, instructions="Shout."
    )
    settings = {name: reply.json[name] for name in ("model", "temperature", "top_p", "max_output_tokens")}
    assert settings == {"model": "gpt-4o", "temperature": 0.3, "top_p": 0.8, "max_output_tokens": 300}
    assert ("system", "Shout.") not in instructions_of(reply)


def test_a_template_without_settings_has_the_usual_ones(bud: Client) -> None:
    reply = ask(bud, "antiphon_probe", variables={"name": "Ada"}).json
    assert (reply["temperature"], reply["max_output_tokens"], reply["prompt"]["version"]) == (0.7, 2000, "2")


def test_nothing_is_rendered_where_there_are_no_variables(bud: Client) -> None:
    reply = ask(bud, "short_reply", "1", input="Look")
    assert instructions_of(reply)[0] == (
        "developer",
        "Braces such as {{ these }} stay as they are, since nothing is filled in.",
    )
    assert [role for role, _ in instructions_of(reply)] == ["developer", "user", "assistant", "user"]


def test_the_output_follows_the_schema(bud: Client) -> None:
    reply = ask(bud, "meeting_notes", variables={"team": "Blue", "people": None}, input="Tea at four.").json
    assert reply["text"]["format"]["type"] == "json_schema"
    notes = yaml.safe_load(reply["output"][0]["content"][0]["text"])
    assert set(notes) == {"title", "decisions", "minutes"}
    assert notes["decisions"]


def test_an_invalid_answer_is_retried(bud: Client) -> None:
    assert ask(bud, "short_reply", "2", input="Well?").json["output"][0]["content"][0]["text"] == "Fine"


def test_retries_are_bounded(bud: Client) -> None:
    final = ask(bud, "antiphon_probe", "8", input="Well?").events[-1]["response"]
    assert (final["status"], final["output"]) == ("failed", [])
    assert final["error"]["message"].startswith("The output was not valid after 1 retries")


def test_an_answer_that_breaks_the_schema_fails() -> None:
    client = Client(dialect="bud", scripts=({"answers": [{"text": '{"title": 5}'}]},))
    reply = ask(client, "meeting_notes", variables={"team": "Blue", "people": None}).json
    assert reply["status"] == "failed"
    assert "Invalid output at" in reply["error"]["message"]


@pytest.mark.parametrize(("version", "stream_member", "has_events"), [("3", False, True), ("2", True, False)])
def test_the_stored_template_decides_on_streaming(
    bud: Client, version: str, stream_member: bool, has_events: bool
) -> None:
    members = {"variables": {"name": "Ada"}} if version == "2" else {}
    reply = ask(bud, "antiphon_probe", version, input="Hello", stream=stream_member, **members)
    assert reply.headers["content-type"].startswith("text/event-stream") is has_events


REJECTIONS: dict[str, tuple[tuple[str, str | None], dict[str, Any], int, str, str]] = {
    "an unknown template": (
        ("nobody", None), {}, 404, "Prompt template not found: nobody", "prompt.id"),
    "an unknown version": (
        ("antiphon_probe", "v1"), {}, 404,
        "Prompt template not found: antiphon_probe version v1", "prompt.version"),
    "no schema": (
        ("antiphon_probe", "3"), {"a": 1}, 400,
        "Variables provided but input structure not predefined.", "prompt.variables"),
    "missing ones": (
        ("antiphon_probe", "1"), {"name": "Ada"}, 400,
        "Missing prompt variables: loud, place, topics, words", "prompt.variables"),
    "missing although there is a default": (
        ("antiphon_probe", "1"), {name: value for name, value in FULL.items() if name != "words"}, 400,
        "Missing prompt variables: words", "prompt.variables"),
    "unused ones": (
        ("antiphon_probe", "2"), {"name": "Ada", "z": 1, "a": 1}, 400,
        "Variables a, z not specified in templates", "prompt.variables"),
    "a wrong type": (
        ("antiphon_probe", "2"), {"name": 5}, 400, "expected a string, got 5", "prompt.variables.name"),
    "a null without default": (
        ("antiphon_probe", "2"), {"name": None}, 400, "a value (required)", "prompt.variables.name"),
    "a wrong type deep inside": (
        ("antiphon_probe", "1"), {**FULL, "place": {"city": 5}}, 400,
        "expected a string, got 5", "prompt.variables.place.city"),
    "a broken rule": (
        ("meeting_notes", None), {"team": "Blue", "people": list("abcdefghijklm")}, 400,
        "A meeting of more than twelve people has no notes.", "prompt.variables.people"),
    "a broken template": (
        ("antiphon_probe", "7"), {"name": "Ada"}, 400, "Invalid template syntax", "prompt"),
}  # fmt: skip


@pytest.mark.parametrize("name", REJECTIONS)
def test_an_error_says_what_is_wrong_and_where(bud: Client, name: str) -> None:
    (id, version), variables, status, message, param = REJECTIONS[name]
    reply = ask(bud, id, version, input="Hello", **({"variables": variables} if variables else {}))
    assert reply.status == status
    assert message in reply.error["message"]
    assert (reply.error["param"], reply.error["type"]) == (param, "invalid_request_error")


def test_a_template_is_continued(bud: Client) -> None:
    first = ask(bud, "antiphon_probe", "2", variables={"name": "Ada"}, input="My code word is heron.").json
    members = {"input": "What is my code word?", "previous_response_id": first["id"]}
    reply = ask(bud, "antiphon_probe", "2", variables={"name": "Ada"}, **members)
    assert "heron" in reply.json["output"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    ("text", "variables", "rendering"),
    [
        ("{{ a }}", {"a": "<b>"}, "<b>"),
        ("{{ a }}{{ gone }}", {"a": 1}, "1"),
        ("{% for x in xs %}\n- {{ x }}\n{% endfor %}\nEnd", {"xs": [1, 2]}, "- 1\n- 2\nEnd"),
        ("{{ a | upper }}", {"a": "b"}, "B"),
        ("no braces", {}, "no braces"),
    ],
)
def test_jinja_renders(text: str, variables: dict[str, Any], rendering: str) -> None:
    assert render(text, variables) == rendering


@pytest.mark.parametrize(
    "text", ["{{ a", "{% if %}", "{{ a.__class__.__mro__ }}", "{{ a() }}", "{{ 1 / 0 }}", "{% include 'x' %}"]
)
def test_a_wrong_or_unsafe_template_is_rejected(text: str) -> None:
    with pytest.raises(TemplateError, match="Invalid template syntax"):
        render(text, {"a": "b"})


def test_variables_and_tests_are_read_from_texts() -> None:
    assert variables_of(["{{ a }} {{ b.c }}", "{% set d = 1 %}{{ d }}", "e"]) == {"a", "b"}
    assert holds("output | length > 2", {"output": "abc"})
    assert not holds("output.gone", {"output": {}})
    assert not holds("output + 1 > 2", {"output": "abc"})
    assert not holds("output >", {"output": 1})


GOOD: dict[str, Any] = {"id": "mine", "versions": {"1": {"model": "gpt-4o", "system": "Hello {{ name }}"}}}
INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no versions": ({"id": "mine", "versions": {}}, "versions"),
    "a version in words": ({"id": "mine", "versions": {"one": {"model": "m"}}}, "versions"),
    "a member that nobody knows": ({**GOOD, "sytem": ""}, "sytem"),
    "a default that is not there": ({**GOOD, "default_version": "2"}, "one of the versions"),
    "a server that is not there": (
        {"id": "mine", "versions": {"1": {"model": "m", "tool_servers": ["nowhere"]}}},
        "labels of servers",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_malformed_template_is_rejected_at_the_start(tmp_path: Path, name: str) -> None:
    content, complaint = INVALID[name]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(DataError, match=complaint):
        open_registry(str(tmp_path))


def test_an_id_occurs_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(GOOD))
    with pytest.raises(DataError, match="an id of its own"):
        open_registry(str(tmp_path))


def test_a_user_folder_replaces_the_shipped_templates(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(GOOD))
    client = Client(dialect="bud", prompts=str(tmp_path))
    assert instructions_of(ask(client, "mine"))[0] == ("system", "Hello {{ name }}")
    assert ask(client, "antiphon_probe").status == 404


def test_the_folder_must_exist() -> None:
    with pytest.raises(DataError, match="no such folder"):
        Client(dialect="bud", prompts="/no/such/folder")
