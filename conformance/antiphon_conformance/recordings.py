"""Reads recorded traffic, whatever wrote it down: our own JSON lines, HAR, VCR cassettes, raw event streams.

A line of our form is one exchange:

    {"id": ..., "request": {"method", "path", "headers", "body"}, "response": {"status", "headers", "body" |
    "sse"}}

with, where it was lost or changed, `capture` (`wire`, `parsed` or `fixture`), `altered`, `trimmed`,
`request_unknown`, `sse_synthesised`. A transcript that `check` wrote has further members, which
`transcript.py` describes, so that its episodes come back too.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import yaml

from antiphon_conformance import cassette, har, strict_json, transcript
from antiphon_conformance.exchange import Episode, Exchange, Headers, Reply, Request
from antiphon_conformance.reply import headers, read_reply, reply_from_value

GZIP = b"\x1f\x8b"
"""How a compressed file begins."""
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FORMS = "JSON lines, HAR, a VCR cassette, an event stream or a response object"


class RecordingError(ValueError):
    """A file is no recording that we can read."""

    def __init__(self, where: str, expected: str, got: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}")


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds: loose exchanges, and, when one of our runs wrote it, episodes and the run's
    facts."""

    exchanges: tuple[Exchange, ...] = ()
    episodes: tuple[Episode, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path) -> Recording:
    """Reads a file by what it holds rather than by its name. Raises RecordingError when it cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RecordingError(str(path), "a readable file", error.strerror or type(error).__name__) from error
    try:
        if raw.startswith(GZIP):
            return _read(gzip.decompress(raw), path.with_suffix(""))
        return _read(raw, path)
    except RecordingError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, EOFError, OSError, zlib.error) as error:
        raise RecordingError(str(path), _FORMS, f"{type(error).__name__} {error}") from error


def _read(raw: bytes, path: Path) -> Recording:
    start = raw.lstrip()[:6]
    if path.suffix == ".sse" or start.startswith((b"event:", b"data:", b"id:", b":")):
        return Recording((_only_events(raw, path.stem),))
    if path.suffix in (".yaml", ".yml"):
        return _document(_yaml(raw, path), path)
    if start.startswith(b"{"):
        return _json(raw, path)
    raise RecordingError(str(path), _FORMS, f"{len(raw)} bytes that start with {bytes(start)!r}")


def _yaml(raw: bytes, path: Path) -> Any:
    try:
        return yaml.load(raw, Loader=_YAML)  # noqa: S506 - the safe loader, in C where there is one
    except yaml.YAMLError as error:
        raise RecordingError(str(path), "YAML", str(error).replace("\n", " ")) from error


def _json(raw: bytes, path: Path) -> Recording:
    first, _, rest = raw.strip().partition(b"\n")
    try:
        document = _object(first, str(path))
    except RecordingError:
        return _document(_object(raw, str(path)), path)
    if not rest.strip() and "request" not in document and not transcript.is_run(document):
        return _document(document, path)
    return _lines(raw, path)


def _object(raw: bytes, where: str) -> Any:
    """Reads JSON that may hold what a server should not have sent: its faults are told by the rules."""
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(raw)
    reading = strict_json.read(raw)
    if not reading.valid:
        raise RecordingError(where, _FORMS, reading.faults[0])
    return reading.value


def _document(document: Any, path: Path) -> Recording:
    if isinstance(document, Mapping) and "log" in document:
        return Recording(tuple(har.exchanges(document, path.stem)))
    if isinstance(document, Mapping) and any(key in document for key in cassette.KEYS):
        return Recording(tuple(cassette.exchanges(document, path.stem)))
    if isinstance(document, Mapping) and document.get("object") == "response":
        return Recording((_only_body(document, path.stem),))
    got = f"keys {sorted(document)[:5]}" if isinstance(document, Mapping) else type(document).__name__
    raise RecordingError(str(path), _FORMS, got)


def _lines(raw: bytes, path: Path) -> Recording:
    numbered = ((f"{path}:{number}", line) for number, line in enumerate(raw.splitlines(), 1) if line.strip())
    entries = ((where, _object(line, where)) for where, line in numbered)
    return assemble(entries)


def assemble(entries: Iterable[tuple[str, Any]]) -> Recording:
    """A Recording from the parsed lines of a file, each with where it stood."""
    exchanges: dict[str, Exchange] = {}
    episodes: list[Episode] = []
    run: Mapping[str, Any] = {}
    for where, entry in entries:
        if transcript.is_run(entry):
            run = entry["run"]
        elif transcript.is_episode(entry):
            episodes.append(transcript.episode(entry, exchanges))
        else:
            found = exchange(entry, where)
            exchanges[found.id] = found
    told = {one.id for episode in episodes for one in episode.exchanges.values()}
    return Recording(tuple(one for one in exchanges.values() if one.id not in told), tuple(episodes), run)


def exchange(entry: Mapping[str, Any], where: str = "line") -> Exchange:
    """One line of our form as an Exchange."""
    asked, given = entry["request"], entry.get("response")
    if not isinstance(asked, Mapping):
        raise RecordingError(where, "an object `request`", type(asked).__name__)
    request = Request(
        asked["method"].upper(),
        asked["path"],
        headers(asked.get("headers") or {}),
        transcript.body_of(asked),
        transcript.raw_of(asked),
    )
    reply = None if given is None else _reply(given)
    failure = entry.get("failure") or (None if reply else "no answer was recorded")
    return Exchange(str(entry.get("id") or where), request, reply, failure=failure, traits=_traits(entry))


def _reply(given: Mapping[str, Any]) -> Reply:
    sent, status = headers(given.get("headers") or {}), int(given["status"])
    raw = transcript.raw_of(given)
    if raw is None and "sse" not in given and not isinstance(given.get("body"), str | None):
        found = reply_from_value(status, sent, given["body"])
    else:
        kept = raw if raw is not None else (given.get("sse") or given.get("body") or "").encode()
        found = read_reply(status, sent, kept, cut=bool(given.get("cut")))
    return replace(found, seconds=given.get("seconds"), started_at=given.get("started_at"))


def _traits(entry: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(entry.get("traits", ())) | frozenset(_lost(entry))


def _lost(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry.get("capture", "wire") != "wire" or entry.get("sse_synthesised"):
        yield "parsed"
    if entry.get("capture") == "fixture":
        yield "status-unknown"
    for member in ("altered", "trimmed"):
        if entry.get(member):
            yield member
    if entry.get("request_unknown"):
        yield "request-unknown"


_UNKNOWN = frozenset({"request-unknown", "status-unknown"})


def _only_events(raw: bytes, name: str) -> Exchange:
    sent = Headers((("content-type", "text/event-stream"),))
    return Exchange(name, Request("POST", "/responses"), read_reply(200, sent, raw), traits=_UNKNOWN)


def _only_body(document: Mapping[str, Any], name: str) -> Exchange:
    reply = reply_from_value(200, Headers((("content-type", "application/json"),)), dict(document))
    return Exchange(name, Request("POST", "/responses"), reply, traits=_UNKNOWN | {"parsed"})
