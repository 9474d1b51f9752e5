"""The text of messages: citations within its bounds, and log probabilities on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.reading.output import includes, member, number, objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ResponseObject

LOGPROBS = "message.output_text.logprobs"


def _citations(response: ResponseObject) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """(path, annotation, text) for each annotation that marks a range of its text."""
    for where, part in response.texts:
        for index, annotation in objects(part.get("annotations")):
            bounds = (number(annotation.get(name)) for name in ("start_index", "end_index"))
            if None not in bounds and isinstance(part.get("text"), str):
                yield f"{response.where}/{where}/annotations/{index}", annotation, part["text"]


def _cites(response: ResponseObject) -> bool:
    return response.is_final and any(_citations(response))


@rule(
    "text-parts.citations-lie-within-their-text",
    ResponseObject,
    cites="ITM-16",
    when=_cites,
    needs="a message with a citation that marks its text",
    reads={Part.TEXTS},
)
def citations_lie_within_their_text(response: ResponseObject) -> Iterator[Finding]:
    """A citation starts and ends within its text, and does not end before it starts.

    No document says whether characters, UTF-16 units or bytes count; each will do.
    """
    for where, annotation, text in _citations(response):
        start, end, length = annotation["start_index"], annotation["end_index"], _longest(text)
        if not 0 <= start <= end <= length:
            yield Finding(where, f"0 <= start <= end <= {length}", f"start {show(start)}, end {show(end)}")


def _longest(text: str) -> int:
    """The length of a text in UTF-8 bytes, which is never less than in characters or UTF-16 units."""
    return len(text.encode("utf-8", errors="surrogatepass"))


def _answers_a_request_for_logprobs(response: ResponseObject) -> bool:
    asks = includes(response.request_fields, LOGPROBS)
    return asks and response.creation and response.status == "completed" and bool(response.texts)


@rule(
    "text-parts.logprobs-come-on-request",
    ResponseObject,
    cites="ITM-13",
    when=_answers_a_request_for_logprobs,
    needs=f"a text in answer to a request that includes {LOGPROBS}",
    reads={Part.TEXTS},
)
def logprobs_come_on_request(response: ResponseObject) -> Iterator[Finding]:
    """A text has log probabilities when `include` asks for them.

    Of several texts one is enough: remarks between calls may have none.
    """
    has_some = any(_entries(response))
    for where, part in response.texts:
        if part.get("text") != "" and not has_some:
            yield Finding(
                f"{response.where}/{where}/logprobs",
                "an entry for each token",
                show(part.get("logprobs", ABSENT)),
            )


def _limits_logprobs(response: ResponseObject) -> bool:
    has_limit = number(response.request_fields.get("top_logprobs")) is not None
    return has_limit and _answers_a_request_for_logprobs(response) and any(_entries(response))


def _entries(response: ResponseObject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where, part in response.texts:
        for index, entry in objects(part.get("logprobs")):
            yield f"{response.where}/{where}/logprobs/{index}", entry


@rule(
    "text-parts.top-logprobs-limits-the-alternatives",
    ResponseObject,
    cites="ITM-13",
    when=_limits_logprobs,
    needs="log probabilities in answer to a request with `top_logprobs`",
    reads={Part.TEXTS},
)
def top_logprobs_limits_the_alternatives(response: ResponseObject) -> Iterator[Finding]:
    """No token has more alternatives than the `top_logprobs` of the request."""
    limit = response.request_fields["top_logprobs"]
    for where, entry in _entries(response):
        alternatives = member(entry, "top_logprobs")
        if isinstance(alternatives, list) and len(alternatives) > limit:
            yield Finding(f"{where}/top_logprobs", f"at most {limit} entries", f"{len(alternatives)} entries")


def _has_logprobs(response: ResponseObject) -> bool:
    """Whether a completed response has log probabilities; another rule reports entries without a token."""
    if response.status != "completed":
        return False
    entries = [entry for _, entry in _entries(response)]
    return bool(entries) and all(isinstance(entry.get("token"), str) for entry in entries)


def _joins(part: Mapping[str, Any]) -> tuple[str, str]:
    """The text of the entries of `logprobs`: by their tokens, and by their bytes."""
    entries = [entry for _, entry in objects(part.get("logprobs"))]
    tokens = "".join(str(entry.get("token", "")) for entry in entries)
    lists = (entry.get("bytes") for entry in entries)
    codes = [code for values in lists if isinstance(values, list) for code in values]
    if not all(type(code) is int and 0 <= code < 256 for code in codes):
        return tokens, tokens
    return tokens, bytes(codes).decode("utf-8", errors="replace")


@rule(
    "text-parts.logprobs-join-to-the-text",
    ResponseObject,
    cites="ITM-36",
    when=_has_logprobs,
    needs="a text with log probabilities",
    reads={Part.TEXTS},
)
def logprobs_join_to_the_text(response: ResponseObject) -> Iterator[Finding]:
    """The tokens of `logprobs` join to the text of their part.

    The joined tokens may have more: what begins or ends a message is a token without text.
    """
    for where, part in response.texts:
        text, joins = part.get("text"), _joins(part)
        if part.get("logprobs") and isinstance(text, str) and not any(text in join for join in joins):
            expected = f"tokens that join to {show(text)}"
            yield Finding(f"{response.where}/{where}/logprobs", expected, named("tokens of", joins[0]))


CLIENT_CALLS = ("function_call", "custom_tool_call")


@rule(
    "text-parts.a-message-says-something",
    ResponseObject,
    cites="ITM-37",
    when=lambda response: response.is_final and response.object.get("status") == "completed",
    needs="a completed response",
    reads={Part.TEXTS},
)
def a_message_says_something(response: ResponseObject) -> Iterator[Finding]:
    """A message of a completed response has a part, and no empty text beside a client's call.

    Clients show an empty bubble, take an empty answer for the end of the turn, and send back a message that
    other servers reject. Beside the pictures of hosted tools genuine messages are empty.
    """
    items = list(objects(response.object.get("output")))
    calls = any(item.get("type") in CLIENT_CALLS for _, item in items)
    for index, item in items:
        content = item.get("content")
        if item.get("type") != "message" or not isinstance(content, list):
            continue
        parts = [part for _, part in objects(content)]
        if not content:
            yield Finding(f"{response.where}/output/{index}/content", "at least one part", show(content))
        elif calls and all(part.get("type") == "output_text" and part.get("text") == "" for part in parts):
            expected = "a text, or no message beside the call"
            yield Finding(f"{response.where}/output/{index}/content", expected, show(content))
