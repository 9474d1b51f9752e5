"""The list of models, and one of them."""

from __future__ import annotations

import pytest

from mock_client import Client


def test_the_models_of_the_settings_are_listed() -> None:
    client = Client(models=("gpt-5", "o9"))
    body = client.get("/models").json
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == ["gpt-5", "o9"]
    assert client.get("/models/o9").json == body["data"][1]
    assert body["data"][1] == {
        "id": "o9",
        "object": "model",
        "created": 1_767_225_600,
        "owned_by": "antiphon",
    }


@pytest.mark.parametrize(("models", "name"), [(("gpt-5",), "gpt-4"), ((), "no-such-model")])
def test_an_unknown_model_is_not_found(models: tuple[str, ...], name: str) -> None:
    reply = Client(models=models).get(f"/models/{name}")
    assert (reply.status, reply.error["code"]) == (404, "model_not_found")


def test_without_a_list_any_model_is_known_as_in_a_create() -> None:
    assert Client().get("/models/my-model").json["id"] == "my-model"


def test_codex_finds_the_list_that_it_reads() -> None:
    assert Client().get("/models?client_version=0.154.0").json["models"] == []
    assert "models" not in Client().get("/models").json
