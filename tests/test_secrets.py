"""A key that a target sends back is hidden in every notation."""

from __future__ import annotations

import json

import pytest

from antiphon_conformance.http.redaction import Redaction

KEY = "sk-a/b+4711"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id": "sk-a/b+4711"}',
        rb'{"id": "sk-a\/b+4711"}',
        rb'{"id": "\u0073k-a/b\u002B4711"}',
        rb'{"id": "\u0073\u006b\u002d\u0061\u002f\u0062\u002b\u0034\u0037\u0031\u0031"}',
    ],
)
def test_a_key_is_found_in_the_escapes_of_json(raw: bytes) -> None:
    assert Redaction([KEY]).raw(raw) == b'{"id": "REDACTED"}'


@pytest.mark.parametrize("raw", [b"sk-a.b+4711", rb"\u0073k-a/b+471", b""])
def test_text_that_only_resembles_a_key_is_kept(raw: bytes) -> None:
    assert Redaction([KEY]).raw(raw) == raw


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        ("none", 'effort "none"', 'effort "none"'),
        ("ollama", "owned by ollama", "owned by ollama"),
        ("sk-1234", "the key sk-1234 is wrong", "the key REDACTED is wrong"),
        ("sk-1234", "task-12345 and sk-1234-x", "task-12345 and sk-1234-x"),
        ("xxxxxxxxxxxx", "xxxxxxxxxxxx", "xxxxxxxxxxxx"),
        ("lm-studio", "LM Studio, lm studio", "LM Studio, lm studio"),
        ("lm-studio", "Bearer LM-Studio", "Bearer REDACTED"),
        ("antiphon-test-key-1", "antiphon tests a key", "antiphon tests a key"),
        ("openai-dev-key-1", "an openai api key 1", "an openai api key 1"),
    ],
)
def test_a_short_key_or_a_word_changes_no_innocent_text(key: str, text: str, shown: str) -> None:
    assert Redaction([key]).text(text) == shown


@pytest.mark.parametrize(
    "raw",
    [
        b'["s","k","-","a","/","b","+","4","7","1","1","x","y"]',
        b'{"bytes": [115, 107, 45, 97, 47, 98, 43, 52, 55, 49, 49, 120, 121]}',
        b'{"sk-a/b": "+4711xy", "n": 1}',
    ],
)
def test_json_without_its_key_is_json(raw: bytes) -> None:
    found = Redaction(["sk-a/b+4711xy"]).raw(raw)
    assert found != raw
    assert json.loads(found)
    assert b"4711" not in found
