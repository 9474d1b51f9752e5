"""Spellings of a key, places where a target can put one, and what a run writes about it."""

from __future__ import annotations

import asyncio
import base64
import codecs
import html
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import orjson

from antiphon_conformance.http.client import Incoming, Target, UnreachableError
from antiphon_conformance.http.exchange import Exchange, Headers, Request, Trace
from antiphon_conformance.http.mailbox import Mailbox
from antiphon_conformance.recordings import transcript
from antiphon_conformance.recordings.judge_process import Job, Work, answers
from antiphon_conformance.recordings.keys import keys_of
from antiphon_conformance.recordings.lint import lint_result
from antiphon_conformance.recordings.passage import Passage
from antiphon_conformance.recordings.reader import Recording
from antiphon_conformance.report import as_json, compare_markdown, folder, models, terminal
from antiphon_conformance.report.model import compose
from antiphon_spec import dialect as dialects

BETWEEN = "\u200b"


def _percent(key: str) -> str:
    return "".join(f"%{octet:02x}" for octet in key.encode())


def _some_percent(key: str) -> str:
    return "".join(f"%{ord(sign):02X}" if index % 3 else sign for index, sign in enumerate(key))


def _entities(form: str) -> Callable[[str], str]:
    return lambda key: "".join(form.format(ord(sign)) for sign in key)


def _encoded(before: bytes, encode: Callable[[bytes], bytes]) -> Callable[[str], str]:
    return lambda key: encode(before + key.encode()).decode()


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "reversed": lambda key: key[::-1],
    "spaced": " ".join,
    "in lines": "\n".join,
    "with dashes": "-".join,
    "zero-width": BETWEEN.join,
    "soft hyphens": "\u00ad".join,
    "full width": lambda key: "".join(chr(ord(sign) + 0xFEE0) for sign in key),
    "inside a token": lambda key: f"tok{key}en",
    "bearer": lambda key: f"Bearer {key}",
    "without its end": lambda key: key[:-4] + "****",
    "without its start": lambda key: "****" + key[4:],
    "without its middle": lambda key: f"{key[: len(key) // 2]}****{key[len(key) // 2 + 4 :]}",
    "base64": _encoded(b"", base64.b64encode),
    "base64 of bearer": _encoded(b"Bearer ", base64.b64encode),
    "base64 of a pair": _encoded(b"me:", base64.b64encode),
    "base64 in JSON": _encoded(b'{"k":"', base64.b64encode),
    "base64 for URLs": _encoded(b"", base64.urlsafe_b64encode),
    "base64 without padding": lambda key: base64.b64encode(key.encode()).decode().rstrip("="),
    "base64 in lines": lambda key: "\n".join(re.findall(".{1,9}", base64.b64encode(key.encode()).decode())),
    "base32": _encoded(b"a", base64.b32encode),
    "hex": lambda key: key.encode().hex(),
    "HEX": lambda key: key.encode().hex().upper(),
    "hex with colons": lambda key: key.encode().hex(":"),
    "hex with 0x": lambda key: ", ".join(f"0x{octet:02x}" for octet in key.encode()),
    "decimal bytes": lambda key: ", ".join(map(str, key.encode())),
    "octal escapes": _entities("\\{:03o}"),
    "hex escapes": _entities("\\x{:02x}"),
    "percent": _percent,
    "percent, in part": _some_percent,
    "percent twice": lambda key: quote(_percent(key), ""),
    "percent as in URLs": lambda key: quote(key, ""),
    "decimal entities": _entities("&#{};"),
    "hex entities": _entities("&#x{:X};"),
    "entities twice": lambda key: html.escape(_entities("&#{};")(key)),
    "JSON escapes": _entities("\\u{:04x}"),
    "JSON escapes twice": _entities("\\\\u{:04X}"),
    "quoted-printable": _entities("={:02X}"),
}
"""What a target makes of a key."""
RARE: Mapping[str, Callable[[str], str]] = {
    "base64 twice": lambda key: base64.b64encode(base64.b64encode(key.encode())).decode(),
    "hex of base64": lambda key: base64.b64encode(key.encode()).hex(),
    "base64 of hex": lambda key: base64.b64encode(key.encode().hex().encode()).decode(),
    "base64, reversed": lambda key: base64.b64encode(key.encode()).decode()[::-1],
    "base64 of the reversed": lambda key: base64.b64encode(key[::-1].encode()).decode(),
    "hex, reversed": lambda key: key.encode().hex()[::-1],
    "hex of the reversed": lambda key: key[::-1].encode().hex(),
    "hex of UTF-16": lambda key: key.encode("utf-16-le").hex(),
    "base64 of UTF-16": lambda key: base64.b64encode(key.encode("utf-16-le")).decode(),
    "rot13": lambda key: codecs.encode(key, "rot13"),
    "octal numbers": lambda key: " ".join(f"{octet:o}" for octet in key.encode()),
    "binary numbers": lambda key: " ".join(f"{octet:08b}" for octet in key.encode()),
    "swapped case": str.swapcase,
    "in groups": lambda key: "-".join(re.findall(".{1,4}", key)),
    "in halves": lambda key: f"{key[: len(key) // 2]} ... {key[len(key) // 2 :]}",
    "combining marks": "\u0301".join,
}
"""What nearly none does."""

Answer = tuple[int, Headers, bytes]
JSON_TYPE = ("content-type", "application/json")
STREAM_TYPE = ("content-type", "text/event-stream")


def _json(value: object, status: int = 200, *more: tuple[str, str]) -> Answer:
    return (
        status,
        Headers((JSON_TYPE, *more)),
        json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"),
    )


def _error(text: str) -> Answer:
    return _json(
        {"error": {"message": f"no such key: {text}", "type": "x", "code": text, "param": {text: 1}}}, 401
    )


def _response(text: str) -> Answer:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "odd " + text, "content": [part]}
    return _json({"id": text, "object": "response", "status": text, "output": [item], text: 1})


def _stream(pieces: list[str]) -> Answer:
    events = [
        {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "delta": piece}
        for piece in pieces
    ]
    lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return 200, Headers((STREAM_TYPE,)), "".join(lines).encode("utf-8", "replace")


def _pieces(size: int) -> Callable[[str], Answer]:
    return lambda text: _stream([text[at : at + size] for at in range(0, len(text), size)])


def _interleaved(text: str) -> Answer:
    events = []
    for number, sign in enumerate(text):
        for index, piece in enumerate((sign, "lorem")):
            event = {"type": "response.output_text.delta", "output_index": index, "item_id": f"m{index}"}
            events.append(f"data: {json.dumps({**event, 'delta': piece, 'sequence_number': number})}\n\n")
    return 200, Headers((STREAM_TYPE,)), "".join(events).encode("utf-8", "replace")


def _plain_lines(text: str) -> Answer:
    lines = (f"data: {text[at : at + 3]}\n\n" for at in range(0, len(text), 3))
    return 200, Headers((STREAM_TYPE,)), "".join(lines).encode("utf-8", "replace")


PLACES: Mapping[str, Callable[[str], Answer]] = {
    "an error": _error,
    "a response": _response,
    "a header": lambda text: _json({}, 500, ("x-echo", text), ("www-authenticate", f'Bearer realm="{text}"')),
    "the name of a header": lambda text: _json({}, 500, (f"x-{text}", "1")),
    "the content type": lambda text: (200, Headers((("content-type", f"text/{text}"),)), b"hello"),
    "a redirect": lambda text: (302, Headers((("location", f"https://example.com/?k={text}"),)), b""),
    "a page": lambda text: (502, Headers((("content-type", "text/html"),)), f"<h1>{text}</h1>".encode()),
    "broken JSON": lambda text: (200, Headers((JSON_TYPE,)), f'{{"id": "{text}'.encode("utf-8", "replace")),
    "an event": lambda text: _stream([text]),
    "the type of an event": lambda text: (
        200,
        Headers((STREAM_TYPE,)),
        f"event: {text}\ndata: {json.dumps({'type': text, 'sequence_number': text})}\n\n".encode(),
    ),
    "deltas of three letters": _pieces(3),
    "deltas of one letter": _pieces(1),
    "deltas of two items": _interleaved,
    "lines that are no JSON": _plain_lines,
    "an array": lambda text: _json({"id": list(text), "tokens": [{"token": sign} for sign in text]}),
}
FAILURE = "an exception of the client"


class Echo:
    """A transport whose target answers one thing, or breaks the connection with a message."""

    def __init__(self, answer: Answer | str) -> None:
        self._answer = answer

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        if isinstance(self._answer, str):
            raise UnreachableError(self._answer)
        status, headers, raw = self._answer

        async def chunks() -> AsyncIterator[bytes]:
            yield raw

        yield Incoming(status, headers, chunks())

    async def close(self) -> None:
        """Nothing is open."""


def exchange_with(key: str, place: str, text: str) -> Exchange:
    """What the judge keeps of an exchange whose answer has `text` at a place."""
    answer: Answer | str = f"cannot connect: {text}" if place == FAILURE else PLACES[place](text)
    body = {"model": "m", "input": "hi", "stream": "event" in place or "delta" in place}
    request = Request("POST", "/responses", Headers((("authorization", "Bearer {api_key}"),)), body)

    async def send() -> Exchange:
        async with Target(Echo(answer), key, probe=None) as target:
            return await target.send(request, "create/1")

    return asyncio.run(send())


def outputs_of(exchange: Exchange, dialect: str = "openai") -> dict[str, str]:
    """Everything that is written about an exchange, by the name of the output."""
    metadata = {"target": "https://example.com/v1", "files": ["x.jsonl"], "quotes": True, "antiphon": "0"}
    result = lint_result([Recording((exchange,))], dialects.load(dialect), metadata)
    report = compose(result)
    texts = {name: raw.decode("utf-8", "replace") for name, raw in folder.renderings(report).items()}
    texts["screen"] = "\n".join(terminal.lines(report, 100, verbose=True))
    texts["screen as JSON"] = as_json.render(report)
    texts["transcript"] = b"".join(transcript.lines({}, result.traces)).decode()
    texts["lint"] = orjson.dumps([record.as_json() for record in result.records]).decode()
    texts["repr"] = repr(exchange)
    return texts


def _webhook(key: str, text: str) -> dict[str, str]:
    """What is written about a webhook that repeats the key in its path, a header and its body."""
    mailbox = Mailbox(secrets=(key,))
    body = json.dumps({"id": text, "type": text, "data": {"id": list(text), text: 1}}, ensure_ascii=False)
    headers = Headers((("webhook-id", text), (f"x-{text}", "1")))
    mailbox.take(f"/hooks/{text}", headers, body.encode("utf-8", "replace"))
    trace = Trace("webhooks", deliveries=mailbox.about("id"))
    assert len(trace.deliveries) == 1
    return {"transcript": b"".join(transcript.lines({}, [trace])).decode(), "repr": repr(trace)}


def _turn(key: str, text: str) -> dict[str, str]:
    """What the proxy writes about a turn over WebSocket whose events repeat the key."""
    events = [
        {"type": "response.output_text.delta", "item_id": text, "output_index": 0, "delta": piece}
        for piece in (text, *text)
    ]
    messages = tuple(json.dumps(event, ensure_ascii=False) for event in events)
    headers = Headers((("authorization", f"Bearer {key}"), ("x-user", text)))
    path, create = f"/responses?user={quote(text)}", json.dumps({"type": "response.create", "input": text})
    passage = Passage(
        "proxy/1/1", "GET", path, headers, create.encode(), failure=f"closed: {text}", messages=messages
    )
    keys = tuple(keys_of(Request("GET", path, headers)))
    with TemporaryDirectory() as folder:
        record = Path(folder) / "traffic.jsonl"
        decisions = [*answers(Job(passage, keys), Work("openai", record, 1000), dialects.load("openai"))]
        return {
            "screen": "\n".join(line for decision in decisions for line in decision.lines),
            "recording": record.read_text("utf-8"),
        }


WAYS: Mapping[str, Callable[[str, str], dict[str, str]]] = {
    "a webhook": _webhook,
    "a turn over WebSocket that passes the proxy": _turn,
}
"""What else a target sends, from a key and its spelling to what is written about it."""


def outputs_of_several(exchange: Exchange, place: Path) -> dict[str, str]:
    """What is written about two models side by side, both of which gave this exchange."""
    reports = {}
    for name in ("small", "large"):
        metadata = {"target": "https://example.com/v1", "vendor": name, "model": name, "quotes": True}
        result = lint_result([Recording((exchange,))], dialects.load("openai"), {**metadata, "antiphon": "0"})
        reports[name] = compose(result)
    models.write(place, reports)
    texts = {path.name: path.read_text("utf-8") for path in place.iterdir()}
    return {**texts, "compare": compare_markdown.render(reports.values())}


def readings(text: str) -> list[str]:
    """What a reader of an output may see in it, who undoes its escapes and joins the pieces of texts."""
    plain = html.unescape(text)
    bare = re.sub(r"\\(.)", r"\1", plain)
    pieces = re.findall(r'"(?:delta|token)": ?"([^"]*)"', bare)
    joined = "".join(piece for piece in pieces if piece != "lorem")
    letters = re.sub(r"[\W_]+", "", re.sub(r"data: |\\n", "", plain), flags=re.ASCII)
    return [text, plain, bare, re.sub(r"[\s\\]+", "", plain), joined, letters]
