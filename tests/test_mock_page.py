"""The examples of the page about the mock server work as shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from antiphon_mockserver.response.pace import Pace, Pause
from antiphon_mockserver.script import load, load_pace
from mock_client import Client

PAGE = (Path(__file__).parent.parent / "docs" / "mock.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
WORLD, PACE, SCRIPT = EXAMPLES
WINTER = {"metadata": [{"path": "season", "operator": "Equal", "valueText": "winter"}]}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    path = tmp_path / "world.yaml"
    path.write_text(WORLD, encoding="utf-8")
    return Client(dialect="cloudglue", world=str(path))


def knowledge(client: Client, **more: Any) -> Any:
    """A knowledge base of the collection Walks."""
    return {"collections": [collection(client, "Walks")], **more}


def collection(client: Client, name: str) -> str:
    """The id of a collection."""
    collections = client.get("/collections").json["data"]
    return str(next(entry["id"] for entry in collections if entry["name"] == name))


def ask(client: Client, question: str, knowledge_base: Any) -> str:
    """The text of the answer, as far as the page quotes it."""
    reply = client.create(question, model="nimbus-002-preview", knowledge_base=knowledge_base)
    (part,) = reply.json["output"][0]["content"]
    return str(part["text"])


def test_the_world_answers_what_the_page_quotes(client: Client) -> None:
    answer = ask(client, "When was the lighthouse built?", knowledge(client))
    assert f"`{answer}`" in PAGE
    assert "1843" in answer
    assert f"`{ask(client, 'When was the lighthouse built?', knowledge(client, filter=WINTER))}`" in PAGE


def test_the_entities_of_the_world_answer(client: Client) -> None:
    facts = {"entity_collections": [{"collection_id": collection(client, "Facts")}]}
    base = knowledge(client, type="entity_backed_knowledge", entity_backed_knowledge_config=facts)
    answer = ask(client, "How high is the lighthouse?", base)
    assert answer.startswith("From Facts: height_metres 31.")
    assert "`From Facts: height_metres 31.`" in PAGE


def test_a_chat_gets_the_same_answer_and_can_be_read_again(client: Client) -> None:
    request = {
        "model": "nimbus-001",
        "messages": [{"role": "user", "content": "When was the lighthouse built?"}],
        "collections": [collection(client, "Walks")],
    }
    completion = client.post("/chat/completions", request)
    assert completion.json["choices"][0]["message"]["content"] == ask(
        client, "When was the lighthouse built?", knowledge(client)
    )
    assert client.get(f"/chat/completions/{completion.json['id']}").raw == completion.raw
    assert client.get("/chat/completions").json["data"] == [completion.json]


def test_the_script_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    assert len(load(path).entries) == 3


def test_the_pace_can_be_read() -> None:
    pace = load_pace(yaml.safe_load(PACE)["pace"])
    assert pace == Pace(
        first=0.8, tokens_per_second=40, jitter=0.3, pauses=(Pause(at=12, seconds=20),), keep_alive=5
    )
