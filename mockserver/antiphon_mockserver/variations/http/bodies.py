"""Answers in other bytes, or sent in another way."""

from __future__ import annotations

import json
from typing import Any

from antiphon_mockserver.server.context import Answer
from antiphon_mockserver.variations import EVERY, ITEMS, variation
from antiphon_mockserver.variations.edits import json_of


def _write(answer: Answer, **options: Any) -> Answer:
    document = json_of(answer)
    if document is not None:
        answer.body = json.dumps(document, **options).encode()
    return answer


@variation("http.indents-json", fits=EVERY)
def indents_json(answer: Answer) -> Answer:
    """Sends JSON in several lines with spaces.

    RFC 8259, 2: insignificant whitespace is allowed between tokens.
    """
    return _write(answer, indent=2)


@variation("http.escapes-letters", fits=EVERY)
def escapes_letters(answer: Answer) -> Answer:
    """Sends the letters beyond ASCII as escapes.

    RFC 8259, 7: any character may be escaped.
    """
    return _write(answer)


@variation("http.sorts-members", fits=EVERY)
def sorts_members(answer: Answer) -> Answer:
    """Sends the members of objects in alphabetical order.

    RFC 8259, 4: an object is an unordered collection.
    """
    return _write(answer, sort_keys=True)


@variation("http.ends-json-with-a-line-feed", fits=EVERY)
def ends_json_with_a_line_feed(answer: Answer) -> Answer:
    """Sends a line feed after the JSON of an answer.

    RFC 8259, 2: whitespace is allowed after the value.
    """
    if json_of(answer) is not None and isinstance(answer.body, bytes):
        answer.body += b"\n"
    return answer


@variation("http.sends-json-in-chunks", fits=EVERY)
def sends_json_in_chunks(answer: Answer) -> Answer:
    """Sends bodies in chunks, without a length.

    RFC 9112, 6.1: a server may use `Transfer-Encoding: chunked` for any body.
    """
    if json_of(answer) is not None:
        answer.has_length = False
        answer.headers["transfer-encoding"] = "chunked"
    return answer


@variation("http.closes-after-each-answer", fits=ITEMS)
def closes_after_each_answer(answer: Answer) -> Answer:
    """Ends each body by closing the connection, as HTTP/1.0 did.

    RFC 9112, 6.3: a body without a length and without chunks lasts until the connection closes.
    """
    answer.has_length = False
    answer.headers["connection"] = "close"
    return answer


@variation("http.names-the-charset", fits=EVERY)
def names_the_charset(answer: Answer) -> Answer:
    """Sends `application/json; charset=utf-8`.

    RFC 9110, 8.3.1: a media type may have parameters; RFC 8259 gives this one no meaning.
    """
    if answer.headers.get("content-type") == "application/json":
        answer.headers["content-type"] = "application/json; charset=utf-8"
    return answer


@variation("http.names-no-charset-for-streams", fits=EVERY)
def names_no_charset_for_streams(answer: Answer) -> Answer:
    """Sends `text/event-stream` without a charset.

    WHATWG HTML, 9.2.5: an event stream is always UTF-8.
    """
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.headers["content-type"] = "text/event-stream"
    return answer


@variation("http.writes-media-types-in-capitals", fits=EVERY)
def writes_media_types_in_capitals(answer: Answer) -> Answer:
    """Sends `Application/JSON` and `Text/Event-Stream;charset=UTF-8`.

    RFC 9110, 8.3.1: type, subtype and the names of parameters are case-insensitive.
    """
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/json"):
        answer.headers["content-type"] = "Application/JSON"
    elif kind.startswith("text/event-stream"):
        answer.headers["content-type"] = "Text/Event-Stream;charset=UTF-8"
    return answer
