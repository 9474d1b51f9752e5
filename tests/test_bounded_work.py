"""What a request costs the mock server is bounded by its size, and no request makes it fetch anything."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from antiphon_mockserver.model.instance import UnsupportedSchemaError, instance
from antiphon_mockserver.model.instance.grammar import shortest
from antiphon_mockserver.prompt_templates.rendering import TemplateError, holds, render
from antiphon_spec.dialect import load
from mock_client import Client

SECONDS = 5
"""Of the processor: far more than a bounded piece of work takes, far less than an unbounded one."""

GRAMMARS = {
    "optional symbols": "start: " + " ".join(f'["{i}"]' for i in range(20)),
    "choices in a row": "start: " + " ".join('("a" | "b")' for _ in range(20)),
    "a choice, repeated": 'start: ("a" | "b")~49',
    "repeats within repeats": 'start: (("a" | "b")~1..40)~1..40',
    "a long terminal": 'start: A\nA: ("a"~1000)~1000',
    "terminals that double": "start: A0\n"
    + "\n".join(f"A{i}: A{i + 1} A{i + 1}" for i in range(25))
    + '\nA25: "x"',
    "a terminal that names itself": 'start: A\nA: "x" A',
    "rules that double": "start: r0\n"
    + "\n".join(f"r{i}: r{i + 1} r{i + 1}" for i in range(25))
    + '\nr25: "x"',
    "a rule with parameters": 'start: y{A}\ny{t}: t y{y{t}}\nA: "a"',
    "another file": "%import .secret.X\nstart: X",
    "a library that is no part of the package": "%import python.name\nstart: name",
    "an endless rule": "start: start start",
    "a long ignored terminal": 'start: "a"\n%ignore ("x"~3000)',
}


@pytest.mark.parametrize("definition", GRAMMARS.values(), ids=GRAMMARS.keys())
def test_a_grammar_that_grows_is_rejected_and_says_why(definition: str) -> None:
    pytest.importorskip("lark", reason="the extra `grammar` is not installed")
    before = time.process_time()
    with pytest.raises(UnsupportedSchemaError) as problem:
        shortest(definition)
    assert problem.value.keyword == "definition"
    assert time.process_time() - before < SECONDS


def test_a_grammar_of_usual_size_is_still_filled_in() -> None:
    pytest.importorskip("lark", reason="the extra `grammar` is not installed")
    select = 'start: "select " A (", " A)* [" from " A] [" where " A]\nA: /[a-z]+/'
    assert shortest(select) == "select a"
    assert shortest("start: " + " | ".join(f'"word{i}"' for i in range(300))) == "word0"


TEMPLATES = {
    "a repeated text": "{{ 'a' * 10**10 }}",
    "a repeated list": "{{ [1] * 10**9 }}",
    "a power": "{{ 9 ** (9 ** 9) }}",
    "a width in %": "{{ '%0999999999d' % 1 }}",
    "a width from a value in %": "{{ '%*d' % (999999999, 1) }}",
    "a width in a filter": "{{ '%099999d' | format(1) }}",
    "a width in format()": "{{ '{:0999999999d}'.format(1) }}",
    "a width from a value in format()": "{{ '{:{w}}'.format(1, w=10**9) }}",
    "a centred text": "{{ 'a' | center(10**9) }}",
    "a padded text": "{{ 'a'.ljust(10**9) }}",
    "an indented text": "{{ 'a\nb' | indent(10**8) }}",
    "tabulators": "{{ ('\t' * 9999).expandtabs(99999) }}",
    "loops within loops": "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}",
    "a text that doubles with ~": "{% set n = namespace(s='a') %}{% for i in range(99) %}"
    "{% set n.s = n.s ~ n.s %}{% endfor %}",
    "a text that doubles with +": "{% set n = namespace(s='a') %}{% for i in range(99) %}"
    "{% set n.s = n.s + n.s %}{% endfor %}",
    "a long separator": "{{ ('b' * 100000).join('a' * 100000) }}",
    "replacements of replacements": "{{ 'a' | replace('a', 'b' * 1000) | replace('b', 'c' * 1000)"
    " | replace('c', 'd' * 1000) }}",
    "a macro that calls itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "a macro that calls itself twice": "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}"
    "{% endmacro %}{{ f(40) }}",
    "filler text": "{{ lipsum(n=10**6) }}",
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_template_that_grows_is_rejected(template: str) -> None:
    before = time.process_time()
    with pytest.raises(TemplateError):
        render(template, {})
    assert time.process_time() - before < SECONDS


def test_a_template_of_usual_size_is_still_rendered() -> None:
    text = "{% for x in names %}{{ loop.index }}:{{ x ~ '!' }} {% endfor %}{{ '%04.1f' | format(3.14) }}"
    assert render(text, {"names": ["Ann", "Bo"]}) == "1:Ann! 2:Bo! 03.1"
    assert holds("names | length == 2 and names[0].startswith('A')", {"names": ["Ann", "Bo"]})
    assert not holds("'a' * 10**10 == 'b'", {})


SCHEMAS: dict[str, Any] = {
    "a long text": {"type": "string", "minLength": 10**9},
    "lists of lists of lists": {
        "type": "array",
        "minItems": 100,
        "items": {"type": "array", "minItems": 100, "items": {"type": "array", "minItems": 100}},
    },
    "references that double": {
        "$defs": {
            **{
                f"d{i}": {
                    "type": "object",
                    "properties": {"a": {"$ref": f"#/$defs/d{i + 1}"}, "b": {"$ref": f"#/$defs/d{i + 1}"}},
                    "required": ["a", "b"],
                }
                for i in range(25)
            },
            "d25": {"type": "string"},
        },
        "$ref": "#/$defs/d0",
    },
    "a pattern of a million": {"type": "string", "pattern": "^((a{100}){100}){100}$"},
    "a schema that leads back": {"$ref": "#"},
    "different numbers": {
        "type": "array",
        "uniqueItems": True,
        "minItems": 9_999,
        "items": {"enum": list(range(50))},
    },
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_a_schema_that_grows_is_rejected(schema: Any) -> None:
    before = time.process_time()
    with pytest.raises(UnsupportedSchemaError):
        instance(schema)
    assert time.process_time() - before < SECONDS


@contextmanager
def listener() -> Iterator[tuple[str, socket.socket]]:
    """A port of this machine that nobody should connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x", server


def was_called(server: socket.socket) -> bool:
    try:
        server.accept()
    except BlockingIOError:
        return False
    return True


def places(url: str) -> Iterator[dict[str, Any]]:
    """Creates that name an address wherever a request can."""
    schemas = [
        {"$schema": url, "type": "object"},
        {"type": "object", "properties": {"a": {"$schema": url}}},
        {"$ref": url},
        {"type": "object", "properties": {"a": {"$ref": f"{url}#/a"}}},
        {"$id": url, "type": "object", "properties": {"a": {"$ref": "other"}}},
        {"$dynamicRef": url},
        {"$vocabulary": {url: True}, "$schema": f"{url}#", "type": "object"},
        {"allOf": [{"$ref": url}], "type": "object"},
    ]
    for schema in schemas:
        yield {"text": {"format": {"type": "json_schema", "name": "n", "schema": schema}}}
        yield {"tools": [{"type": "function", "name": "f", "parameters": schema}], "tool_choice": "required"}
    yield {"tools": [{"type": "mcp", "server_label": "m", "server_url": url}]}
    yield {"tools": [{"type": "mcp", "server_label": "m", "server_url": url}], "tool_choice": "required"}
    for part in (
        {"type": "input_image", "image_url": url, "detail": "auto"},
        {"type": "input_file", "file_url": url},
        {"type": "input_text", "text": f"Read {url}, please."},
    ):
        yield {"input": [{"type": "message", "role": "user", "content": [part]}]}
    for name in ("model", "user", "previous_response_id", "prompt_cache_key", "instructions", "conversation"):
        yield {name: url}
    yield {"metadata": {"url": url}}
    yield {"prompt": {"id": url, "variables": {"a": url}}}


@pytest.mark.parametrize("dialect", ["openai", "openresponses", "cloudglue", "bud"])
def test_no_request_makes_the_server_fetch_an_address(dialect: str) -> None:
    body = {"model": load(dialect).models[0], "input": "Hi"}
    client = Client(dialect=dialect)
    with listener() as (url, server):
        for place in places(url):
            before = time.process_time()
            reply = client.post("/responses", {**body, **place})
            assert reply.status < 500, place
            assert time.process_time() - before < SECONDS, place
            assert not was_called(server), place


MANY, PAIRS = 25_000, 1_500
UNKNOWN = {f"x{number}": 1 for number in range(6_000)}
HI = {"role": "user", "content": "Hi"}
PROPERTIES = {f"p{number}": {"type": "string"} for number in range(6_000)}
WIDE = {"type": "object", "properties": PROPERTIES, "required": [*PROPERTIES]}
FUNCTION = {"type": "function", "name": "f", "parameters": {}}
CALLS = [
    {"id": f"c{number}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    for number in range(PAIRS)
]
RESULTS = [{"role": "tool", "tool_call_id": f"c{number}", "content": "x"} for number in range(PAIRS)]
LARGE: dict[str, tuple[str, dict[str, Any], int]] = {
    "items": ("/responses", {"input": [HI] * MANY}, 400),
    "parts": ("/responses", {"input": [{"role": "user", "content": [{"type": "input_text"}] * MANY}]}, 400),
    "arrays": ("/responses", {"input": [[]] * MANY}, 400),
    "objects in objects": ("/responses", {"input": "Hi", "metadata": {str(n): {} for n in range(MANY)}}, 400),
    "tools": ("/responses", {"input": "Hi", "tools": [FUNCTION] * MANY}, 400),
    "properties": (
        "/responses",
        {"input": "Hi", "text": {"format": {"type": "json_schema", "name": "x", "schema": WIDE}}},
        400,
    ),
    "properties of a tool": (
        "/responses",
        {"input": "Hi", "tools": [{**FUNCTION, "parameters": WIDE}], "tool_choice": "required"},
        400,
    ),
    "members": ("/responses", {"input": "Hi", **UNKNOWN}, 400),
    "members of an item": ("/responses", {"input": [{**HI, **UNKNOWN}]}, 400),
    "members of all items": ("/responses", {"input": [{**HI, **dict.fromkeys("abcdefgh")}] * 12_000}, 400),
    "members in a text": ("/responses", {"input": '{"a": 1}' * 6_000}, 200),
    "messages": ("/chat/completions", {"messages": [HI] * MANY}, 400),
    "words": ("/responses", {"input": "word " * 400_000}, 400),
    "digits": ("/responses", {"input": "7" * 400_000}, 200),
    "brackets in a text": ("/responses", {"input": "[{" * MANY}, 200),
    "calls with results": (
        "/chat/completions",
        {"messages": [HI, {"role": "assistant", "tool_calls": CALLS}, *RESULTS]},
        200,
    ),
}
"""A path, the members of a body beside its model, and the status of the answer."""


@pytest.mark.parametrize("name", LARGE)
def test_a_large_request_costs_little(name: str) -> None:
    path, members, status = LARGE[name]
    client = Client(dialect="openai")
    before = time.process_time()
    reply = client.post(path, {"model": "gpt-5", **members})
    assert time.process_time() - before < SECONDS
    assert reply.status == status, reply.json


@pytest.mark.parametrize(
    ("members", "param", "message"),
    [
        (UNKNOWN, None, "The body has to be an object with at most 5000 members, got 6001."),
        (
            {"input": [HI, {**HI, **UNKNOWN}]},
            "input[1]",
            "Invalid 'input[1]': expected an object with at most 5000 members, got 6002.",
        ),
        (
            {"prompt": {"id": "pmpt_1", "variables": UNKNOWN}},
            "prompt.variables",
            "Invalid 'prompt.variables': expected an object with at most 5000 members, got 6000.",
        ),
    ],
)
def test_an_object_with_too_many_members_is_named(members: Any, param: str | None, message: str) -> None:
    for dialect in ("openai", "openresponses"):
        error = Client(dialect=dialect).post("/responses", {"model": "gpt-5", **members}).json["error"]
        assert (error["param"], error["message"]) == (param, message)


def test_a_long_stream_with_probabilities_is_sent_in_pieces_and_is_whole() -> None:
    body = {"input": "Write a story of 900 words.", "top_logprobs": 20, "stream": True}
    client = Client(dialect="openai")
    reply = client.post("/responses", {"model": "gpt-5", **body, "include": ["message.output_text.logprobs"]})
    events = reply.events
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    done = next(event for event in events if event["type"] == "response.output_text.done")
    assert [entry for event in deltas for entry in event["logprobs"]] == done["logprobs"]
    assert {len(entry["top_logprobs"]) for entry in done["logprobs"]} == {20}
    assert len(deltas) > 500
    assert [event["sequence_number"] for event in events] == [*range(len(events))]
