"""Large requests to the mock server are answered beside its loop, and cost memory only while they last."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import time
import tracemalloc
from typing import Any

import pytest

from antiphon_mockserver.model.instance import UnsupportedSchemaError, instance
from antiphon_mockserver.model.instance.grammar import shortest
from antiphon_mockserver.model.instance.pattern_size import MOST, size_of
from antiphon_mockserver.model.remember import LONGEST, remember
from antiphon_mockserver.server import reading
from antiphon_spec.dialect import load
from antiphon_spec.json_schema import window
from mock_client import AUTHORIZED, Client, Reply

HI = {"role": "user", "content": "Hi"}
PART = {"type": "input_text", "text": "x" * 100_000}
TEXT = "word " * 40_000
FORM = b'--b\r\ncontent-disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
UPLOAD = FORM % (b"purpose", b"", b"user_data") + FORM % (b"file", b'; filename="a.txt"', b"x" * 100_000)
LARGE: dict[str, tuple[str, bytes, dict[str, str], int]] = {
    "text": ("/responses", json.dumps({"model": "gpt-5", "input": TEXT}).encode(), {}, 200),
    "items": ("/responses", json.dumps({"model": "gpt-5", "input": [HI] * 3_000}).encode(), {}, 200),
    "stream": ("/responses", json.dumps({"model": "gpt-5", "input": TEXT, "stream": True}).encode(), {}, 200),
    "chat": ("/chat/completions", json.dumps({"model": "gpt-5", "messages": [HI] * 3_000}).encode(), {}, 200),
    "tokens": ("/responses/input_tokens", json.dumps({"model": "gpt-5", "input": TEXT}).encode(), {}, 200),
    "compact": ("/responses/compact", json.dumps({"model": "gpt-5", "input": TEXT}).encode(), {}, 200),
    "items of a conversation": (
        "/conversations",
        json.dumps({"items": [{"type": "message", "role": "user", "content": [PART]}]}).encode(),
        {},
        200,
    ),
    "file": (
        "/files",
        UPLOAD + b"--b--\r\n",
        {"content-type": "multipart/form-data; boundary=b"},
        200,
    ),
    "compressed": (
        "/responses",
        gzip.compress(json.dumps({"model": "gpt-5", "input": TEXT}).encode()),
        {"content-encoding": "gzip"},
        200,
    ),
    "no JSON": ("/responses", b"{" * 100_000, {}, 400),
    "many members": ("/responses", json.dumps({str(number): 1 for number in range(9_000)}).encode(), {}, 400),
}


async def turns() -> None:
    """Lets the loop do all that it can do without the thread."""
    for _ in range(50):
        await asyncio.sleep(0)


async def answers(client: Client, path: str, raw: bytes, headers: dict[str, str]) -> tuple[Reply, Reply]:
    """The answers to a small and to a large request, which waits for its thread until the small one has its
    own."""
    gate = threading.Event()
    held = asyncio.create_task(client.app.aside.run(gate.wait, 10.0))
    large = asyncio.create_task(client._call("POST", path, raw, {**AUTHORIZED, **headers}))
    small = await client._call("POST", "/responses", b'{"model": "gpt-5", "input": "Hi"}', AUTHORIZED)
    await turns()
    assert not large.done()
    gate.set()
    assert await held
    return small, await large


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(dialect="openai")


@pytest.mark.parametrize("name", LARGE)
def test_nobody_waits_for_a_large_request(client: Client, name: str) -> None:
    path, raw, headers, status = LARGE[name]
    small, large = asyncio.run(answers(client, path, raw, headers))
    assert (small.status, large.status) == (200, status), large.raw[:500]


def test_an_answer_is_the_same_beside_the_loop(client: Client) -> None:
    body = {"model": "gpt-5", "input": "Say hello to Ada.", "metadata": {"a": "b"}}
    small = client.post("/responses", body)
    again = Client(dialect="openai").send(
        "POST",
        "/responses",
        gzip.compress(json.dumps(body).encode()),
        {**AUTHORIZED, "content-encoding": "gzip"},
    )
    assert again.json == small.json


def test_an_app_that_serves_again_answers_large_requests_again(client: Client) -> None:
    client.app.aside.close()
    path, raw, headers, status = LARGE["text"]
    assert client.send("POST", path, raw, {**AUTHORIZED, **headers}).status == status


def many(values: str) -> bytes:
    return b'{"model": "gpt-5", "input": "Hi", "metadata": {"a": [%b]}}' % values.encode()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (many(",".join("1" * 200_002)), "The body has more than 200000 values."),
        (many(",".join(['"\\\\"'] * 200_002)), "The body has more than 200000 values."),
        (many(",".join(['"a\\","'] * 200_002)), "The body has more than 200000 values."),
        (
            json.dumps({"model": "gpt-5", "input": "Hi", "m" * 1_100_000: 1}).encode(),
            "The name of a member of the body has more than 100000 characters.",
        ),
        (
            json.dumps({"model": "gpt-5", "input": [{"m" * 1_100_000: 1}]}).encode(),
            "The name of a member of 'input[0]' has more than 100000 characters.",
        ),
        (
            json.dumps({"model": "m" * 1_001, "input": "Hi"}).encode(),
            f"The model '{'m' * 128}' does not exist.",
        ),
    ],
)
def test_too_many_values_and_too_long_names_are_rejected(client: Client, raw: bytes, message: str) -> None:
    reply = client.send("POST", "/responses", raw)
    assert (reply.status, reply.error["message"]) == (400, message)


@pytest.mark.parametrize("text", ["a, b, " * 150_000, '", \\' * 80_000, "\\" * 300_000 + '",' * 210_000])
def test_commas_inside_texts_are_no_values(text: str) -> None:
    assert reading.parse(json.dumps({"input": text}).encode()) == {"input": text}


LONG, BEYOND = "x" * 3_000_000, "x" * 10_485_761
INVALID: dict[str, tuple[Any, str, str]] = {
    "role": ({"input": [{"role": LONG, "content": "x"}]}, "input[0].role", "characters)"),
    "type": ({"input": [{"type": LONG}]}, "input[0].type", "characters)"),
    "beside a wrong member": (
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": 5, "x": LONG}]}]},
        "input[0].content[0].text",
        "got 5",
    ),
    "in place of a part": ({"input": [{"role": "user", "content": [LONG]}]}, "input[0].content[0]", "object"),
    "in place of a tool": ({"input": "x", "tools": LONG}, "tools", "expected an array"),
    "type of a tool": ({"input": "x", "tools": [{"type": LONG}]}, "tools[0].type", "characters)"),
    "beside a wrong name": (
        {"input": "x", "tools": [{"type": "function", "name": 5, "description": LONG}]},
        "tools[0].name",
        "got 5",
    ),
    "a number": ({"input": "x", "temperature": LONG}, "temperature", "number"),
    "limited": ({"input": "x", "metadata": {"a": LONG}}, "metadata.a", "got 3000000 characters"),
    "an id": (
        {
            "input": [
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": LONG, "output": "x"},
            ]
        },
        "input[1].call_id",
        "got 3000000 characters",
    ),
    "a text beyond the longest": (
        {"input": [{"type": "function_call_output", "call_id": "c", "output": BEYOND}]},
        "input[0].output",
        "got 10485761 characters",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_long_text_in_an_invalid_body_is_explained_by_its_ends(client: Client, name: str) -> None:
    body, param, words = INVALID[name]
    error = client.post("/responses", {"model": "gpt-5", **body}).error
    assert error["param"] == param
    assert words in error["message"]


def test_the_window_has_no_long_text_but_the_one_whose_length_is_wrong() -> None:
    validator = load("openai").schemas.component("CreateResponse")
    body = {"model": "gpt-5", "input": [{"role": LONG, "content": LONG}], "instructions": LONG}
    view = window.window(body, validator.is_valid, ())
    assert len(json.dumps(view.instance)) < 4 * window.LONG
    assert view.value(("input", 0, "role")) is LONG
    item = {"type": "function_call_output", "call_id": "c", "output": BEYOND}
    wrong = {"model": "gpt-5", "input": [item], "instructions": LONG}
    view = window.window(wrong, validator.is_valid, ())
    assert view.too_long == (("input", 0, "output"), 10_485_760)


PATTERNS = {
    "letters of Unicode": r"^\p{L}{401}$",
    "a negated class of Unicode": r"^\P{Lu}{401}$",
    "a set of them": r"^[\p{L}\p{N}' -]{401}$",
    "groups within groups": r"^(((a{50}){50}){50})$",
    "at most so many": r"^(?:\p{L}{1,50}[ -]?){1,9}$",
    "many alternatives": "^(" + "|".join(f"word{number}" for number in range(8_000)) + ")$",
    "many characters": "^" + "a" * 60_000 + "$",
    "all but one": r"^([^a]{100}){70}$",
    "an endless number": "a{" + "9" * 50 + "}",
    "groups that are not closed": "(a" * 60_000,
}


@pytest.mark.parametrize("name", PATTERNS)
def test_an_expression_that_grows_is_rejected_before_it_is_compiled(name: str) -> None:
    assert size_of(PATTERNS[name]) > MOST
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": PATTERNS[name]}}}
    with pytest.raises(UnsupportedSchemaError) as problem:
        instance({**schema, "required": ["a"]})
    assert problem.value.keyword == "pattern"


def test_many_expressions_count_together() -> None:
    patterns = {f"p{number}": {"type": "string", "pattern": r"^\p{L}{50}$"} for number in range(9)}
    for schema in (
        {"properties": patterns, "required": [*patterns]},
        {"patternProperties": {rf"^\p{{L}}{{50}}{number}$": {} for number in range(9)}},
        {"properties": {"a": {"anyOf": [*patterns.values()]}}},
    ):
        with pytest.raises(UnsupportedSchemaError, match="too large"):
            instance({"type": "object", **schema})


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,255}\.[a-z]{2,63}$",
        r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$",
        r"^\p{Lu}[\p{L}' -]{0,99}$",
        r"^(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}$",
        r"^[^<>]{1,500}$",
        r"^data:image/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$",
    ],
)
def test_an_expression_of_usual_size_is_filled_in(pattern: str) -> None:
    assert isinstance(instance({"type": "string", "pattern": pattern}), str)


GRAMMARS = {
    "rules in a row": (
        "start: r0\n" + "\n".join(f'r{n}: r{n + 1} | "a{n}"' for n in range(900)) + '\nr900: "z"',
        "z",
    ),
    "a rule of optional rules": (
        "start: "
        + " ".join(f"a{n}" for n in range(300))
        + "\n"
        + "\n".join(f'a{n}: "x"?' for n in range(300)),
        "",
    ),
    "rules that lead back": ('start: start "a" | a\na: b\nb: a | "x"', "x"),
    "many terminals": (
        "start: "
        + " | ".join(f"T{n}" for n in range(500))
        + "\n"
        + "\n".join(f'T{n}: "t{n}"' for n in range(500)),
        "t0",
    ),
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_grammar_of_many_rules_takes_little(name: str) -> None:
    pytest.importorskip("lark", reason="the extra `grammar` is not installed")
    definition, text = GRAMMARS[name]
    before = time.process_time()
    assert shortest(definition) == text
    assert time.process_time() - before < 5


def form(name: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    """A form with one file, and the headers of a request with it."""
    head = FORM % (name.encode(), b'; filename="a"', content)
    return head + b"--b--\r\n", {**AUTHORIZED, "content-type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(("size", "many"), [(10**15, "more than 67108864"), (250_000, "more than 250000")])
def test_a_part_that_is_named_often_fills_no_memory(client: Client, size: int, many: str) -> None:
    members = {"purpose": "user_data", "filename": "a", "bytes": size, "mime_type": "text/plain"}
    upload = client.post("/uploads", members).json["id"]
    raw, headers = form("data", b"x" * 100_000)
    part = client.send("POST", f"/uploads/{upload}/parts", raw, headers).json["id"]
    tracemalloc.start()
    reply = client.post(f"/uploads/{upload}/complete", {"part_ids": [part] * 20_000})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (reply.status, reply.error["message"].split(",")[0]) == (400, f"The parts have {many} bytes")
    assert peak < 100_000_000


def test_a_compressed_body_has_few_parts(client: Client) -> None:
    body = json.dumps({"model": "gpt-5", "input": "Hi"}).encode()
    halves = gzip.compress(body[:9]) + gzip.compress(body[9:])
    headers = {**AUTHORIZED, "content-encoding": "gzip"}
    assert client.send("POST", "/responses", halves, headers).status == 200
    many = client.send("POST", "/responses", gzip.compress(b" ") * 50_000, headers)
    assert (many.status, many.error["message"]) == (400, "The body is no gzip: it has more than 16 parts.")


def test_results_for_long_texts_are_not_kept() -> None:
    calls: list[int] = []

    @remember(4)
    def size(text: str) -> int:
        calls.append(len(text))
        return len(text)

    for text in ("a", "a", "b" * LONGEST, "b" * LONGEST, "c" * (LONGEST + 1), "c" * (LONGEST + 1)):
        size(text)
    assert calls == [1, LONGEST, LONGEST + 1, LONGEST + 1]
