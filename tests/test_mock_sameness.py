"""The same seed and requests give the same bytes: in every order, in every process, new or cached."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest

from antiphon_mockserver.server.cache import stands_alone
from mock_client import BOB, Client

REQUESTS: list[dict[str, Any]] = [
    {"content": "Say hello."},
    {"content": "Say hello."},
    {"content": "Count from 1 to 9.", "stream": True},
    {"content": "Count from 1 to 9.", "stream": True},
    {"content": "Say hello.", "background": True},
    {"content": "Say hello.", "background": True},
    {"content": "Say hello.", "store": False},
    {"content": "Say hello.", "store": False},
    {"content": "Think.", "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]},
    {"content": "Think.", "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]},
    {"content": "Say hello.", "max_output_tokens": 1},
    {"content": "Ω\u2028 \U0001f600", "stream": True},
    {"content": "Ω\u2028 \U0001f600", "stream": True},
]
ONE_REQUEST = """
import sys
sys.path[:0] = sys.argv[1:]
from mock_client import Client
print(Client(seed=7).create("Count from 1 to 9.", stream=True).raw.decode(), end="")
"""


LIBRARY = {"model": "nimbus-002-preview", "knowledge_base": {"source": "default"}}
ASKED_OF_A_LIBRARY: list[dict[str, Any]] = [
    {"content": text, **LIBRARY, **more}
    for text in ("How do I keep eggs from curdling?", "Ω\u2028 \U0001f600")
    for more in (
        {},
        {"stream": True},
        {"background": True},
        {"include": ["cloudglue_citations.media_descriptions"]},
    )
    for _ in range(2)
]


def answers(client: Client, requests: list[dict[str, Any]]) -> list[bytes]:
    return [client.create(**request).raw for request in requests]


@pytest.mark.parametrize(
    ("dialect", "requests"),
    [("openai", REQUESTS), ("openresponses", REQUESTS), ("cloudglue", ASKED_OF_A_LIBRARY)],
    ids=("openai", "openresponses", "cloudglue"),
)
def test_a_second_server_gives_the_same_answers(dialect: str, requests: list[dict[str, Any]]) -> None:
    assert answers(Client(dialect=dialect), requests) == answers(Client(dialect=dialect), requests)


@pytest.mark.parametrize("seed", range(3))
def test_a_library_answers_the_same_in_any_order(seed: int) -> None:
    first, second = (Client(dialect="cloudglue") for _ in range(2))
    permutation = random.Random(seed).sample(ASKED_OF_A_LIBRARY, len(ASKED_OF_A_LIBRARY))
    replies = answers(first, ASKED_OF_A_LIBRARY)
    assert len(set(replies)) == len(replies)
    assert sorted(replies) == sorted(answers(second, permutation))


def test_equal_requests_get_equal_answers_but_for_the_ids() -> None:
    client = Client()
    first, second = (client.create() for _ in range(2))
    assert first.raw != second.raw
    assert first.json["id"] != second.json["id"]
    nonces = [reply.json["id"].removeprefix("resp_")[:16].encode() for reply in (first, second)]
    assert first.raw.replace(*nonces) == second.raw


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_arrival_does_not_matter(seed: int) -> None:
    permutation = random.Random(seed).sample(REQUESTS, len(REQUESTS))
    assert sorted(answers(Client(), permutation)) == sorted(answers(Client(), REQUESTS))


def test_a_cached_answer_equals_a_new_answer() -> None:
    quick, thorough = Client(), Client()
    thorough.app.cache = None
    for request in REQUESTS * 3:
        quick_reply, thorough_reply = quick.create(**request), thorough.create(**request)
        assert (quick_reply.status, quick_reply.raw, quick_reply.headers) == (
            thorough_reply.status,
            thorough_reply.raw,
            thorough_reply.headers,
        )
    for request in REQUESTS[:2]:
        bodies = quick.create(**request).json, thorough.create(**request).json
        assert bodies[0] == bodies[1]
        path = f"/responses/{bodies[0]['id']}"
        assert quick.get(path).raw == thorough.get(path).raw
        assert quick.get(f"{path}/input_items").raw == thorough.get(f"{path}/input_items").raw


def test_another_seed_or_key_gives_different_ids() -> None:
    ids = {Client(seed=seed).create().json["id"] for seed in range(3)}
    ids.add(Client().create(headers=BOB).json["id"])
    assert len(ids) == 4


def test_white_space_and_the_order_of_members_do_not_matter() -> None:
    first = Client().send("POST", "/responses", b'{"model":"gpt-5","input":"Say hello."}')
    second = Client().send("POST", "/responses", b'{ "input": "Say hello.",\n "model": "gpt-5" }')
    assert first.raw == second.raw


def test_another_process_gives_the_same_bytes() -> None:
    process = subprocess.run(
        [sys.executable, "-c", ONE_REQUEST, *sys.path], capture_output=True, check=True, timeout=30
    )
    assert process.stdout == Client(seed=7).create("Count from 1 to 9.", stream=True).raw


@pytest.mark.parametrize(
    ("body", "alone"),
    [
        ({"input": "Say hello."}, True),
        ({"input": [{"role": "user", "content": "Say hello."}], "tools": [{"type": "function"}]}, True),
        ({"input": [{"type": "function_call_output", "call_id": "call_1", "output": "1"}]}, True),
        ({"input": "Say hello.", "previous_response_id": None, "prompt": None}, True),
        ({"input": "And now?", "previous_response_id": "resp_1"}, False),
        ({"prompt": {"id": "greeting"}}, False),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, False),
        ({"input": [{"id": "msg_1"}]}, False),
        ({"input": "Say hello.", "tools": [{"type": "mcp", "server_label": "weather"}]}, False),
    ],
)
def test_only_a_request_that_stands_alone_gets_an_earlier_answer(body: dict[str, Any], alone: bool) -> None:
    assert stands_alone(body) is alone
