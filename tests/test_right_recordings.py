"""A right server, seen through recorders that lose or change things in many ways: nothing is its fault."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.recordings import vcr
from antiphon_conformance.recordings.evidence import with_losses
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from inprocess import traces

Json = dict[str, Any]
Recorder = Callable[[Json], object]
DIALECT = "openai"
"""The dialect with the most genuine recordings."""
RED = {Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN}
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
ID = re.compile(r"\b(resp|msg|fc|rs|call|cmp|ctc)_[0-9a-zA-Z]{12,}")
TIME = re.compile(r'("(?:created_at|completed_at)":\s*)\d+(?:\.\d+)?')


@cache
def cassette(dialect: str) -> str:
    """The interactions of the right server in all scenarios, as vcrpy writes them."""
    kinds: dict[tuple[Any, ...], Exchange] = {}
    for trace in traces(dialect, tuple(scenarios_for(load(dialect)))):
        for exchange in trace.exchanges.values():
            # A cassette holds no WebSocket messages.
            is_http = exchange.reply is not None and not exchange.reply.messages
            if is_http and exchange.request.raw is None:
                kinds.setdefault(kind_of(exchange), exchange)
    return json.dumps(list(map(interaction, kinds.values())))


def kind_of(exchange: Exchange) -> tuple[Any, ...]:
    """What makes an exchange worth a place in the cassette: two of one kind show the same."""
    request, reply = exchange.request, exchange.answer
    ending = request.path.partition("?")[0].rpartition("/")[2] if request.method != "GET" else request.path
    events = tuple(dict.fromkeys(event.type for event in reply.stream.events)) if reply.stream else ()
    return request.method, ending[:12], frozenset(request.fields), reply.status, events


def interaction(exchange: Exchange) -> Json:
    request, reply = exchange.request, exchange.answer
    return {
        "request": {
            "method": request.method,
            "uri": f"https://api.example/v1{request.path}",
            "headers": {name: [value] for name, value in request.headers.pairs},
            "body": "" if request.body is None else json.dumps(request.body),
        },
        "response": {
            "status": {"code": reply.status, "message": ""},
            "headers": {name: [value] for name, value in reply.headers.pairs} | {"date": [DATE]},
            "body": {"string": reply.raw.decode("utf-8", "replace")},
        },
    }


def keeping(*headers: str) -> Recorder:
    def record(entry: Json) -> None:
        kept = {
            name: value for name, value in entry["response"]["headers"].items() if name.lower() in headers
        }
        entry["response"]["headers"] = kept

    return record


def answer(change: Callable[[str], Any]) -> Recorder:
    def record(entry: Json) -> None:
        entry["response"]["body"]["string"] = change(entry["response"]["body"]["string"])

    return record


def both(change: Callable[[str], str]) -> Recorder:
    """A search and replace over everything, as recorders hide secrets."""

    def record(entry: Json) -> None:
        answer(change)(entry)
        entry["request"] |= {name: change(entry["request"][name]) for name in ("body", "uri")}

    return record


def of_streams(change: Callable[[str], str]) -> Recorder:
    return answer(lambda text: change(text) if text.startswith(("event:", "data:")) else text)


def of_documents(change: Callable[[str], str]) -> Recorder:
    return answer(lambda text: text if text.startswith(("event:", "data:")) else change(text))


def shorter(value: Any, length: int = 60) -> Any:
    if isinstance(value, str):
        return value if len(value) <= length else f"{value[:length]}..."
    if isinstance(value, list):
        return [shorter(entry) for entry in value]
    return {name: shorter(entry) for name, entry in value.items()} if isinstance(value, dict) else value


def parsed(change: Callable[[Any], Any]) -> Callable[[str], str]:
    """A change of each JSON value of a body or of the events of a stream."""

    def rewrite(text: str) -> str:
        try:
            return json.dumps(change(json.loads(text)))
        except json.JSONDecodeError:
            return text

    def lines(text: str) -> str:
        parts = (line.removeprefix("data: ") for line in text.split("\n"))
        rewritten = zip(text.split("\n"), parts, strict=True)
        return "\n".join(
            f"data: {rewrite(part)}" if line != part else rewrite(line) for line, part in rewritten
        )

    return lines


def without_request(entry: Json) -> None:
    entry["request"]["body"] = None


def hiding_the_request(entry: Json) -> None:
    entry["request"]["body"] = entry["request"]["body"] and "REDACTED"


def hiding_headers(entry: Json) -> None:
    entry["response"]["headers"] = {name: ["XXX"] for name in entry["response"]["headers"]}


def without_request_headers(entry: Json) -> None:
    entry["request"]["headers"] = {}


RECORDERS: dict[str, Recorder] = {
    "changes nothing": lambda entry: None,
    "keeps no header": keeping(),
    "keeps the content type only": keeping("content-type"),
    "keeps all but the content type": keeping("date", "x-request-id", "content-length"),
    "hides every header": hiding_headers,
    "keeps no header of the request": without_request_headers,
    "keeps no body of the request": without_request,
    "hides the body of the request": hiding_the_request,
    "gives all objects of a kind one id": both(lambda text: ID.sub(r"\1_REDACTED", text)),
    "gives all objects of a kind an id of zeros": both(lambda text: ID.sub(r"\1_0000000000000000", text)),
    "gives all objects of a kind a short id": both(lambda text: ID.sub(r"\1_abc123", text)),
    "hides the ids of answers": answer(lambda text: ID.sub(r"\1_REDACTED", text)),
    "gives all one time": answer(lambda text: TIME.sub(r"\g<1>1700000000", text)),
    "gives all the time zero": answer(lambda text: TIME.sub(r"\g<1>0", text)),
    "hides the times": answer(lambda text: TIME.sub(r'\1"REDACTED"', text)),
    "shortens texts": both(parsed(shorter)),
    "shortens the texts of answers": answer(parsed(shorter)),
    "parses and writes again": answer(parsed(lambda value: value)),
    "keeps compressed bodies": answer(lambda text: gzip.compress(text.encode()).decode("latin-1")),
    "strips white space": answer(str.strip),
    "writes other line ends": of_streams(lambda text: text.replace("\n", "\r\n")),
    "keeps half of a stream": of_streams(lambda text: text[: len(text) // 2]),
    "keeps the first events": of_streams(lambda text: "\n\n".join(text.split("\n\n")[:5]) + "\n\n"),
    "keeps half of a document": of_documents(lambda text: text[: len(text) // 2]),
}
COMPRESSES = "keeps compressed bodies"


@pytest.mark.parametrize("recorder", RECORDERS)
def test_a_recorder_makes_no_fault(recorder: str) -> None:
    entries = json.loads(cassette(DIALECT))
    for entry in entries:
        RECORDERS[recorder](entry)
        if recorder == COMPRESSES:
            answer(lambda text: text.encode("latin-1"))(entry)
    records = lint(with_losses(tuple(vcr.exchanges({"interactions": entries}, "cassette"))), load(DIALECT))
    assert any(record.outcome is Outcome.PASSED for record in records)
    faults = {
        f"{record.rule} in {record.scenario}: {record.note or record.findings[0].message}"
        for record in records
        if record.outcome in RED
    }
    assert not faults
