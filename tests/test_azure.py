"""Azure's flavour: served, judged, and driven by the Azure client of the openai package."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from antiphon.main import run
from antiphon_conformance.rules.rule import rules_for
from antiphon_mockserver import ResponsesMock
from antiphon_spec.dialect import load

openai = pytest.importorskip("openai", reason="the openai package is not installed")

KEY = "azure-planted-4711"
VERSION = "2025-04-01-preview"


@pytest.fixture
def server() -> Iterator[ResponsesMock]:
    with ResponsesMock(dialect="azure", api_keys=(KEY,)) as mock:
        yield mock


def test_the_azure_client_creates_streams_and_reads(server: ResponsesMock) -> None:
    endpoint = server.url.removesuffix("/openai/v1")
    with openai.AzureOpenAI(
        azure_endpoint=endpoint, api_version=VERSION, api_key=KEY, max_retries=0
    ) as client:
        response = client.responses.create(model="my-deployment", input="Say hello.")
        assert response.status == "completed"
        assert response.model == "my-deployment"
        assert client.responses.retrieve(response.id).output_text == response.output_text
        stream = client.responses.create(model="my-deployment", input="Say hello.", stream=True)
        assert [event.type for event in stream][-1] == "response.completed"
        items = client.responses.input_items.list(response.id)
        assert [item.type for item in items] == ["message"]
    sent = server.journal[0]
    assert sent.path == f"/responses?api-version={VERSION}"
    assert (sent.headers["api-key"], sent.headers.get("authorization")) == (KEY, None)


def test_a_client_of_one_deployment_creates(server: ResponsesMock) -> None:
    endpoint = server.url.removesuffix("/openai/v1")
    with openai.AzureOpenAI(
        azure_endpoint=endpoint, azure_deployment="d", api_version=VERSION, api_key=KEY, max_retries=0
    ) as client:
        assert client.responses.create(model="d", input="Say hello.").status == "completed"


def test_the_usual_client_creates_below_v1(server: ResponsesMock) -> None:
    query = {"api-version": "preview"}
    with openai.OpenAI(base_url=server.url, api_key=KEY, default_query=query, max_retries=0) as client:
        assert client.responses.create(model="d", input="Say hello.").status == "completed"


def test_a_wrong_key_is_rejected(server: ResponsesMock) -> None:
    endpoint = server.url.removesuffix("/openai/v1")
    with (
        openai.AzureOpenAI(
            azure_endpoint=endpoint, api_version=VERSION, api_key="k", max_retries=0
        ) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.responses.create(model="d", input="Say hello.")


def test_check_sends_the_key_as_api_key_and_keeps_the_version(
    server: ResponsesMock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, "AZURE_OPENAI_API_KEY", KEY)
    options = ["--dialect", "azure", "--no-properties", "--api-key-env", "AZURE_OPENAI_API_KEY"]
    assert run(["check", f"{server.url}?api-version=preview", *options]) == 0, capsys.readouterr().out
    assert KEY not in capsys.readouterr().out
    assert all(entry.path.endswith("api-version=preview") for entry in server.journal)
    assert not any("authorization" in entry.headers for entry in server.journal)
    assert any("api-key" not in entry.headers for entry in server.journal)


def test_what_azure_does_not_have_is_not_judged() -> None:
    azure, openai_rules = rules_for(load("azure")), rules_for(load("openai"))
    assert set(azure) < set(openai_rules)
    assert "openai-organization" not in load("azure").traits.constant_headers
    assert load("azure").counts["excluded"] > load("openai").counts["excluded"]
