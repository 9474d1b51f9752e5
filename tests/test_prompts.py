"""Prompt templates: what they come to, what is refused, and how files of them are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from antiphon_mockserver.prompt_templates.rendering import TemplateError, holds, render, variables_of
from antiphon_mockserver.prompt_templates.template import open_registry
from antiphon_spec.data import DataError
from mock_client import Client, Got

FULL: dict[str, Any] = {
    "name": "Ada & Bo",
    "place": {"city": "Paris"},
    "loud": True,
    "topics": ["tea", "rain"],
    "words": None,
}


def ask(client: Client, id: str, version: str | None = None, /, **body: Any) -> Got:
    variables = {"variables": body.pop("variables")} if "variables" in body else {}
    chosen = {"version": version} if version else {}
    return client.post("/responses", {"prompt": {"id": id, **chosen, **variables}, **body})


def told(got: Got) -> list[tuple[str, str]]:
    return [(one["role"], one["content"][0]["text"]) for one in got.json["instructions"]]


@pytest.fixture(scope="module")
def bud() -> Client:
    return Client(dialect="bud")


def test_variables_are_filled_into_every_text(bud: Client) -> None:
    got = ask(bud, "antiphon_probe", "1", variables=FULL, input="Reply with exactly: pong")
    assert told(got) == [
        ("system", "Greet Ada & Bo <Paris> loudly.\n- TEA\n- RAIN\nUse 7 words."),
        ("user", "Hello from Ada & Bo."),
        ("user", "Reply with exactly: pong"),
    ]
    assert got.json["output"][0]["content"][0]["text"] == "pong"
    assert got.json["prompt"] == {"id": "antiphon_probe", "variables": FULL, "version": "1"}


def test_the_message_of_a_template_is_what_the_model_answers(bud: Client) -> None:
    variables = {"question": "Reply with exactly: neurons"}
    got = ask(bud, "prompt_neural_networks", variables=variables)
    assert got.json["output"][0]["content"][0]["text"] == "neurons"


def test_the_settings_of_the_template_win(bud: Client) -> None:
    got = ask(bud, "antiphon_probe", "1", variables=FULL, temperature=2, max_tokens=16, instructions="Shout.")
    settings = {name: got.json[name] for name in ("model", "temperature", "top_p", "max_output_tokens")}
    assert settings == {"model": "gpt-4o", "temperature": 0.3, "top_p": 0.8, "max_output_tokens": 300}
    assert ("system", "Shout.") not in told(got)


def test_a_template_without_settings_has_the_usual_ones(bud: Client) -> None:
    got = ask(bud, "antiphon_probe", variables={"name": "Ada"}).json
    assert (got["temperature"], got["max_output_tokens"], got["prompt"]["version"]) == (0.7, 2000, "2")


def test_nothing_is_rendered_where_there_are_no_variables(bud: Client) -> None:
    got = ask(bud, "short_reply", "1", input="Look")
    assert told(got)[0] == (
        "developer",
        "Braces such as {{ these }} stay as they are, since nothing is filled in.",
    )
    assert [role for role, _ in told(got)] == ["developer", "user", "assistant", "user"]


def test_the_output_follows_the_schema(bud: Client) -> None:
    got = ask(bud, "meeting_notes", variables={"team": "Blue", "people": None}, input="Tea at four.").json
    assert got["text"]["format"]["type"] == "json_schema"
    notes = yaml.safe_load(got["output"][0]["content"][0]["text"])
    assert set(notes) == {"title", "decisions", "minutes"}
    assert notes["decisions"]


def test_an_answer_that_breaks_a_rule_is_asked_for_again(bud: Client) -> None:
    assert ask(bud, "short_reply", "2", input="Well?").json["output"][0]["content"][0]["text"] == "Fine"


def test_retries_come_to_an_end(bud: Client) -> None:
    final = ask(bud, "antiphon_probe", "8", input="Well?").events[-1]["response"]
    assert (final["status"], final["output"]) == ("failed", [])
    assert final["error"]["message"].startswith("The output was not valid after 1 retries")


def test_an_answer_that_breaks_the_schema_fails() -> None:
    client = Client(dialect="bud", scripts=({"answers": [{"text": '{"title": 5}'}]},))
    got = ask(client, "meeting_notes", variables={"team": "Blue", "people": None}).json
    assert got["status"] == "failed"
    assert "Invalid output at" in got["error"]["message"]


@pytest.mark.parametrize(("version", "asked", "streamed"), [("3", False, True), ("2", True, False)])
def test_what_is_stored_decides_on_streaming(bud: Client, version: str, asked: bool, streamed: bool) -> None:
    named = {"variables": {"name": "Ada"}} if version == "2" else {}
    got = ask(bud, "antiphon_probe", version, input="Hello", stream=asked, **named)
    assert got.headers["content-type"].startswith("text/event-stream") is streamed


REFUSED: dict[str, tuple[tuple[str, str | None], dict[str, Any], int, str, str]] = {
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


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_is_wrong_and_where(bud: Client, name: str) -> None:
    (id, version), variables, status, message, param = REFUSED[name]
    got = ask(bud, id, version, input="Hello", **({"variables": variables} if variables else {}))
    assert got.status == status
    assert message in got.error["message"]
    assert (got.error["param"], got.error["type"]) == (param, "invalid_request_error")


def test_a_template_is_continued(bud: Client) -> None:
    first = ask(bud, "antiphon_probe", "2", variables={"name": "Ada"}, input="My code word is heron.").json
    asked = {"input": "What is my code word?", "previous_response_id": first["id"]}
    got = ask(bud, "antiphon_probe", "2", variables={"name": "Ada"}, **asked)
    assert "heron" in got.json["output"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    ("text", "variables", "wanted"),
    [
        ("{{ a }}", {"a": "<b>"}, "<b>"),
        ("{{ a }}{{ gone }}", {"a": 1}, "1"),
        ("{% for x in xs %}\n- {{ x }}\n{% endfor %}\nEnd", {"xs": [1, 2]}, "- 1\n- 2\nEnd"),
        ("{{ a | upper }}", {"a": "b"}, "B"),
        ("no braces", {}, "no braces"),
    ],
)
def test_jinja_renders(text: str, variables: dict[str, Any], wanted: str) -> None:
    assert render(text, variables) == wanted


@pytest.mark.parametrize(
    "text", ["{{ a", "{% if %}", "{{ a.__class__.__mro__ }}", "{{ a() }}", "{{ 1 / 0 }}", "{% include 'x' %}"]
)
def test_what_is_no_template_or_leaves_the_sandbox_is_told(text: str) -> None:
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
def test_a_malformed_template_is_told_at_the_start(tmp_path: Path, name: str) -> None:
    content, complaint = INVALID[name]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(DataError, match=complaint):
        open_registry(str(tmp_path))


def test_an_id_occurs_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(GOOD))
    with pytest.raises(DataError, match="an id of its own"):
        open_registry(str(tmp_path))


def test_a_folder_of_ones_own_takes_the_place_of_what_ships(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(GOOD))
    client = Client(dialect="bud", prompts=str(tmp_path))
    assert told(ask(client, "mine"))[0] == ("system", "Hello {{ name }}")
    assert ask(client, "antiphon_probe").status == 404


def test_a_folder_has_to_be_there() -> None:
    with pytest.raises(DataError, match="no such folder"):
        Client(dialect="bud", prompts="/no/such/folder")


def test_other_dialects_take_a_prompt_as_before() -> None:
    assert ask(Client(dialect="openai"), "antiphon_probe", input="Hello").status == 200
