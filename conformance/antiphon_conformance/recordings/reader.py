"""Reads recorded traffic: our own JSON lines, HAR, VCR cassettes, httprr, raw event streams.

A line of our form is one exchange:

    {"id": ..., "request": {"method", "path", "headers", "body"}, "response": {"status", "headers", "body" |
    "sse" | "messages"}}

and, when something was lost or changed, `capture` (`wire`, `parsed` or `fixture`), `altered`, `trimmed`,
`request_unknown`, `sse_synthesised`. A transcript of `check` has further members, which `transcript.py`
describes, so that its episodes can be read too. What recorders of others lost without saying so,
`evidence.py` finds.
"""

from __future__ import annotations

import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Exchange, Headers, Part, Reply, Request, Trace
from antiphon_conformance.http.reply import headers, read_reply, reply_from_value
from antiphon_conformance.http.text import safe, show
from antiphon_conformance.http.turns import read_turn
from antiphon_conformance.recordings import har, httprr, parsed, safe_yaml, transcript, vcr
from antiphon_conformance.recordings.address import PATHS
from antiphon_conformance.recordings.allowance import Allowance
from antiphon_conformance.recordings.bodies import GZIP, gunzip
from antiphon_conformance.recordings.evidence import with_losses
from antiphon_conformance.recordings.keys import without_keys
from antiphon_conformance.recordings.members import MissingMemberError, required
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.yaml_text import why_no_yaml

_FORMS = "JSON lines, HAR, a VCR cassette, an event stream or a response object"


MALFORMED: tuple[type[Exception], ...] = (
    LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError, EOFError, OSError,
    zlib.error,
)  # fmt: skip
"""What the readers raise where a file is cut, or a member is of another type."""
LINE_LEVELS = 10
"""How much deeper a line may be than the body in it."""


class RecordingError(ValueError):
    """A file is not a recording that we can read."""

    def __init__(self, where: str, expected: str, actual: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {actual}")


@dataclass(frozen=True, slots=True)
class Recording:
    """The content of a file: loose exchanges and, when one of our runs wrote it, episodes and the run's
    facts."""

    exchanges: tuple[Exchange, ...] = ()
    traces: tuple[Trace, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path, allowance: Allowance | None = None) -> Recording:
    """Reads a file by its content rather than by its name, as far as `allowance` goes. Raises RecordingError
    when that fails."""
    allowance = allowance or Allowance()
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordingError(str(path), "a readable file", error.strerror or type(error).__name__) from error
    with file, _place(str(path)):
        if not file.peek(len(GZIP)).startswith(GZIP):
            return _hide(_read(file, path, allowance))
        return _hide(_read(BytesIO(gunzip(file.read(), allowance.memory)), path.with_suffix(""), allowance))


@contextmanager
def _place(where: str, expected: str = _FORMS) -> Iterator[None]:
    """Turns what a malformed file makes a reader raise into a RecordingError that names the place."""
    try:
        yield
    except RecordingError:
        raise
    except MissingMemberError as error:
        raise RecordingError(f"{where}: {error.where}", f"a member `{error.member}`", "none") from error
    except MALFORMED as error:
        raise RecordingError(where, expected, safe(f"{type(error).__name__} {error}", 200)) from error


def _hide(recording: Recording) -> Recording:
    """The recording without the keys of its requests."""
    steps = (exchange for item in recording.traces for exchange in item.exchanges.values())
    clean = without_keys((*recording.exchanges, *steps))
    count = len(recording.exchanges)
    rest = iter(clean[count:])
    traces = tuple(
        replace(item, exchanges=dict(zip(item.exchanges, rest, strict=False))) for item in recording.traces
    )
    return replace(recording, exchanges=clean[:count], traces=traces)


def _is_utf16(line: bytes) -> bool:
    """Whether a first line is text in UTF-16: a line ends within a letter, of which a byte is left."""
    if not line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return False
    try:
        text = line[: len(line) & ~1].decode("utf-16").strip()
    except UnicodeDecodeError:
        return False
    return bool(text) and text.isprintable()


def _read(file: BinaryIO, path: Path, allowance: Allowance) -> Recording:
    """What is in a file. JSON lines are read one by one: there may be more of them than there is memory."""
    first = b""
    while not first.strip() and (line := file.readline()):
        first += line.removeprefix(BOM_UTF8) if not first else line
    if _is_utf16(first):
        raise RecordingError(str(path), "a text in UTF-8", "one in UTF-16, as PowerShell's `>` writes it")
    if not first.strip() and path.suffix != ".sse":
        raise RecordingError(str(path), _FORMS, "an empty file")
    if first.lstrip().startswith(b"{") and path.suffix not in (".sse", ".yaml", ".yml"):
        return _json(first, file, path, allowance)
    raw = first + file.read()
    start = raw.lstrip()[:6]
    if path.suffix == ".sse" or start.startswith((b"event:", b"data:", b"id:", b":")):
        return Recording((allowance.keep(_only_events(raw, path.stem)),))
    if raw.startswith(httprr.FIRST_LINE):
        return _keep(Recording(with_losses(tuple(httprr.exchanges(raw, path.stem)))), allowance)
    if path.suffix in (".yaml", ".yml"):
        return _document(_yaml(raw, path), path, allowance)
    if start.startswith(b"["):
        return _document(_object(raw, str(path)), path, allowance)
    raise RecordingError(str(path), _FORMS, f"{len(raw)} bytes that start with {bytes(start)!r}")


def _yaml(raw: bytes, path: Path) -> Any:
    try:
        return safe_yaml.read(raw)
    except yaml.YAMLError as error:
        raise RecordingError(str(path), "YAML", why_no_yaml(error)) from error


def _json(first: bytes, file: BinaryIO, path: Path, allowance: Allowance) -> Recording:
    try:
        document = _object(first, str(path))
    except RecordingError:
        return _document(_object(first + file.read(), str(path)), path, allowance)
    if {"report", "facts"} <= set(document):
        raise RecordingError(
            str(path), _FORMS, "the records of a report; its transcript.jsonl has the traffic"
        )
    is_line = "request" in document and not _has_url(document)
    second = b""
    while not second.strip() and (line := file.readline()):
        second += line
    if not second and not is_line and not transcript.is_run(document):
        return _document(document, path, allowance)
    if second and parsed.is_event(document):
        lines = b"".join((first, second, *file)).splitlines()
        return _document([_object(line, str(path)) for line in lines if line.strip()], path, allowance)
    del document
    return _lines(chain((first, second), file), path, allowance)


def _object(raw: bytes, where: str) -> Any:
    """Reads JSON that may contain a server's faults: the rules report them."""
    reading = strict_json.read(raw, strict_json.DEEPEST + LINE_LEVELS)
    if not reading.valid:
        raise RecordingError(where, _FORMS, reading.faults[0])
    return reading.value


def _document(document: Any, path: Path, allowance: Allowance) -> Recording:
    """The recording in a file that is one document."""
    return _keep(_exchanges(document, path), allowance)


def _keep(recording: Recording, allowance: Allowance) -> Recording:
    return replace(recording, exchanges=tuple(map(allowance.keep, recording.exchanges)))


def _exchanges(document: Any, path: Path) -> Recording:
    if isinstance(document, Mapping) and "log" in document:
        return Recording(with_losses(tuple(har.exchanges(document, path.stem))))
    if vcr.is_cassette(document):
        return Recording(with_losses(tuple(vcr.exchanges(document, path.stem))))
    if isinstance(document, Mapping) and isinstance(document.get("request"), Mapping):
        return Recording((_single(document, path),))
    if isinstance(document, Mapping) and document.get("object") in PATHS:
        return Recording((_only_body(document, path.stem),))
    if isinstance(document, list) and document and all(map(parsed.is_event, document)):
        return Recording(tuple(_listed_streams(document, path.stem)))
    raise RecordingError(str(path), _FORMS, _kind(document))


def _kind(document: Any) -> str:
    """What a document is that is no recording, in words."""
    if isinstance(document, Mapping):
        names = ", ".join(safe(str(name), 40) for name in list(document)[:5])
        return f"an object with the members {names}" if names else "an empty object"
    if isinstance(document, list):
        return "a list of something else" if document else "an empty list"
    return show(document, 60)


def _has_url(entry: Mapping[str, Any]) -> bool:
    """Whether a line is an interaction of a cassette: its request has `uri` or `url`, and no `path`."""
    request = entry["request"]
    return isinstance(request, Mapping) and "path" not in request and not {"uri", "url"}.isdisjoint(request)


def _single(document: Mapping[str, Any], path: Path) -> Exchange:
    """A file with one interaction: of a cassette, or of our form over several lines."""
    if not _has_url(document):
        return exchange(document, str(path))
    single = vcr.interaction(path.stem, document["request"], document.get("response"))
    return with_losses((single,))[0]


def _lines(file: Iterable[bytes], path: Path, allowance: Allowance) -> Recording:
    lines = (line for piece in file for line in piece.splitlines())
    rows = ((f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip())
    entries = ((where, _object(line, where)) for where, line in rows)
    return assemble(entries, allowance)


def assemble(entries: Iterable[tuple[str, Any]], allowance: Allowance | None = None) -> Recording:
    """A Recording from the parsed lines of a file, each with its place."""
    keep = (allowance or Allowance()).keep
    exchanges: dict[str, Exchange] = {}
    traces: list[Trace] = []
    families: dict[str, list[str]] = {}
    run: Mapping[str, Any] = {}
    for where, entry in entries:
        with _place(where, "a line of our form"):
            if transcript.is_run(entry):
                run = dict(entry["run"])
            elif transcript.is_episode(entry):
                traces.append(transcript.trace(entry, exchanges))
            else:
                loose = keep(exchange(entry, where))
                key = _distinct(loose.id, exchanges)
                exchanges[key] = loose if key == loose.id else replace(loose, id=key)
                if "capture" in entry:
                    families.setdefault(_family(entry, loose), []).append(key)
    for keys in families.values():
        exchanges.update({found.id: found for found in with_losses([exchanges[key] for key in keys])})
    steps = {step.id for trace in traces for step in trace.exchanges.values()}
    rest = tuple(loose for loose in exchanges.values() if loose.id not in steps)
    return Recording(rest, tuple(traces), run)


def _distinct(identity: str, taken: Mapping[str, Exchange]) -> str:
    """The id, with a number behind it when an earlier line has the same: both are judged."""
    number, candidate = 2, identity
    while candidate in taken:
        number, candidate = number + 1, f"{identity} ({number})"
    return candidate


def _family(entry: Mapping[str, Any], loose: Exchange) -> str:
    """The name of the lines that one recorder wrote: those of one file of one repository."""
    source = entry.get("source")
    if not isinstance(source, Mapping):
        return loose.id.rpartition("#")[0]
    return f"{source.get('repo')} {source.get('path')}"


def _shown(owner: Mapping[str, Any], member: str) -> str:
    return show(owner[member], 60) if member in owner else "none"


def exchange(entry: Mapping[str, Any], where: str = "line") -> Exchange:
    """One line of our format as an Exchange."""
    fields, response = entry.get("request"), entry.get("response")
    if not isinstance(fields, Mapping):
        raise RecordingError(where, "an object `request`", _shown(entry, "request"))
    for member in ("method", "path"):
        if not isinstance(fields.get(member), str):
            raise RecordingError(where, f"a string `request.{member}`", _shown(fields, member))
    request = Request(
        fields["method"].upper(),
        fields["path"],
        headers(fields.get("headers") or {}),
        transcript.body_of(fields),
        transcript.raw_of(fields),
    )
    reply = None if response is None else _reply(response)
    failure = str(entry.get("failure") or "") or (None if reply else "no answer was recorded")
    return Exchange(
        str(entry.get("id") or where),
        request,
        reply,
        failure=failure,
        traits=frozenset(map(str, entry.get("traits", ()))),
        not_recorded=frozenset(_lost(entry)),
    )


def _reply(response: Mapping[str, Any]) -> Reply:
    fields, status = headers(response.get("headers") or {}), int(required(response, "status", "response"))
    raw = transcript.raw_of(response)
    if messages := transcript.messages_of(response):
        reply = replace(read_turn(messages, cut=bool(response.get("cut"))), headers=fields)
    elif raw is None and "sse" not in response and not isinstance(response.get("body"), str | None):
        reply = reply_from_value(status, fields, response["body"])
    else:
        body = raw if raw is not None else (response.get("sse") or response.get("body") or "").encode()
        reply = read_reply(status, fields, body, cut=bool(response.get("cut")))
    times = response.get("seconds"), response.get("started_at")
    arrivals = tuple((int(size), float(seconds)) for size, seconds in response.get("arrivals", ()))
    seconds, start = (None if value is None else float(value) for value in times)
    return replace(reply, seconds=seconds, started_at=start, arrivals=arrivals)


def _lost(entry: Mapping[str, Any]) -> Iterator[Part]:
    """What a line says that its recorder lost or changed."""
    yield from map(Part, entry.get("not_recorded", ()))
    if entry.get("capture", "wire") != "wire" or entry.get("sse_synthesised"):
        yield Part.BYTES
    if entry.get("capture") == "fixture":
        yield from (Part.STATUS, Part.REPLY_HEADERS)
    if entry.get("altered"):
        yield from (Part.IDS, Part.TIMES, Part.TEXTS)
    if entry.get("trimmed"):
        yield Part.TEXTS
    if entry.get("request_unknown"):
        yield from (Part.REQUEST, Part.REQUEST_HEADERS)


_ASKED = Request("POST", "/responses")
"""The request of what names none."""
_UNKNOWN = frozenset({Part.REQUEST, Part.REQUEST_HEADERS, Part.STATUS, Part.REPLY_HEADERS})

_NO_BYTES = _UNKNOWN | {Part.BYTES}


def _only_events(raw: bytes, name: str) -> Exchange:
    """A stream without its request. What tidies files leaves no blank line at their end."""
    raw = raw.rstrip(b"\n") + b"\n\n" if raw.endswith(b"\n") else raw
    fields = Headers((("content-type", "text/event-stream"),))
    return Exchange(name, _ASKED, read_reply(200, fields, raw), not_recorded=_UNKNOWN)


def _listed_streams(events: Sequence[Any], name: str) -> Iterator[Exchange]:
    fields = Headers((("content-type", "text/event-stream"),))
    for index, stream in enumerate(parsed.streams(events)):
        reply = parsed.reply(200, fields, stream)
        yield Exchange(f"{name}#{index}", _ASKED, reply, not_recorded=_NO_BYTES)


def _only_body(document: Mapping[str, Any], name: str) -> Exchange:
    reply = reply_from_value(200, Headers((("content-type", "application/json"),)), dict(document))
    return Exchange(name, Request("POST", PATHS[document["object"]]), reply, not_recorded=_NO_BYTES)
