"""The query and the path of a request about one response or many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from antiphon_conformance.http.exchange import OWN_ID
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR
from antiphon_conformance.rules.reading.dates import DAY, span_of
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply

LARGEST_LIMIT = 100


def query(answer: AnyReply, *names: str) -> list[str]:
    """The values of a query parameter, under any of its names."""
    parameters = parse_qs(urlsplit(answer.request.path).query, keep_blank_values=True)
    return [value for name in names for value in parameters.get(name, ())]


def schema_of(answer: AnyReply, name: str) -> Mapping[str, Any]:
    """The schema of a query parameter; empty when the operation has no such parameter."""
    document = answer.dialect.document
    parameters = document.operations[answer.operation].parameters if answer.operation else ()
    schemas = (
        document.resolve(parameter.schema)
        for parameter in parameters
        if parameter.name == name and parameter.place == "query"
    )
    return next(schemas, {})


def listed_values(answer: AnyReply, name: str) -> frozenset[str]:
    """The values that the document lists for a query parameter; empty when it lists none."""
    schema = schema_of(answer, name)
    return frozenset(answer.dialect.document.resolve(schema.get("items", schema)).get("enum", ()))


def is_listing(answer: AnyReply) -> bool:
    """Whether the request is for a page of input items."""
    return answer.operation == "listInputItems"


def lists_responses(answer: AnyReply) -> bool:
    """Whether the request is for a page of responses."""
    return answer.operation == "listResponses"


def is_integer(text: str) -> bool:
    """Whether a text is an integer without a sign and with fewer than 20 digits."""
    return text.isascii() and text.isdigit() and len(text) < 20


def expect_rejection(answer: AnyReply, why: str) -> Iterator[Finding]:
    """A finding when the status of the answer is not a 4xx."""
    if answer.reply.status not in CLIENT_ERROR:
        yield Finding("reply.status", f"a 4xx, since {why}", str(answer.reply.status))


def wrong_limits(answer: AnyReply) -> list[str]:
    """The values of `limit` that no page can have."""
    return [
        text for text in query(answer, "limit") if not is_integer(text) or not 1 <= int(text) <= LARGEST_LIMIT
    ]


@rule(
    "query-parameters.a-limit-out-of-range-is-rejected",
    AnyReply,
    cites=("INP-03", "CG-OPS-18"),
    when=lambda answer: (is_listing(answer) or lists_responses(answer)) and bool(wrong_limits(answer)),
    needs="a request for a page with a limit that is out of range",
    reads=REJECTION,
)
def a_limit_out_of_range_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A `limit` that is not an integer from 1 to 100 is rejected."""
    yield from expect_rejection(
        answer, f"`limit` is {show(wrong_limits(answer)[0])} and not an integer from 1 to 100"
    )


def wrong_offsets(answer: AnyReply) -> list[str]:
    """The values of `offset` at which no page can begin."""
    return [text for text in query(answer, "offset") if not is_integer(text)]


@rule(
    "query-parameters.an-offset-is-a-whole-number",
    AnyReply,
    cites="CG-OPS-18",
    when=lambda answer: lists_responses(answer) and bool(wrong_offsets(answer)),
    needs="a request for a page with an offset that is negative or not a number",
    reads=REJECTION,
)
def an_offset_is_a_whole_number(answer: AnyReply) -> Iterator[Finding]:
    """An `offset` that is negative or not an integer is rejected."""
    yield from expect_rejection(answer, f"no page begins at {show(wrong_offsets(answer)[0])}")


def wrong_statuses(answer: AnyReply) -> list[str]:
    """The values of `status` that the document does not list."""
    return [text for text in query(answer, "status") if text not in listed_values(answer, "status")]


@rule(
    "query-parameters.an-unknown-status-is-rejected",
    AnyReply,
    cites="CG-OPS-23",
    when=lambda answer: lists_responses(answer) and bool(wrong_statuses(answer)),
    needs="a list of responses by an unknown status",
    reads=REJECTION,
)
def an_unknown_status_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """An unknown `status` in the query is rejected.

    A client that misspells a status would believe an empty list, or the unfiltered one.
    """
    yield from expect_rejection(answer, f"no response has the status {show(wrong_statuses(answer)[0])}")


def wrong_dates(answer: AnyReply) -> list[str]:
    """The values of `created_before` and `created_after` that are not days."""
    values = query(answer, "created_before", "created_after")
    return [text for text in values if len(text) != len(DAY) or span_of(text) is None]


@rule(
    "query-parameters.a-malformed-date-is-rejected",
    AnyReply,
    cites="CG-OPS-25",
    when=lambda answer: lists_responses(answer) and bool(wrong_dates(answer)),
    needs="a list of responses before or after a malformed date",
    reads=REJECTION,
)
def a_malformed_date_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A `created_before` or `created_after` that is not a day of the calendar is rejected."""
    yield from expect_rejection(answer, f"{show(wrong_dates(answer)[0])} is not a day")


def wrong_orders(answer: AnyReply) -> list[str]:
    """The values of `order` that the document does not list."""
    return [text for text in query(answer, "order") if text not in listed_values(answer, "order")]


@rule(
    "query-parameters.an-unknown-order-is-rejected",
    AnyReply,
    cites="INP-19",
    when=lambda answer: is_listing(answer) and bool(wrong_orders(answer)),
    needs="a request for a page in an unknown order",
    reads=REJECTION,
)
def an_unknown_order_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """An `order` other than `asc` and `desc` is rejected."""
    yield from expect_rejection(answer, f"there is no order {show(wrong_orders(answer)[0])}")


def wrong_includes(answer: AnyReply) -> list[str]:
    """The values of `include` that the document does not list."""
    return [
        text for text in query(answer, "include", "include[]") if text not in listed_values(answer, "include")
    ]


@rule(
    "query-parameters.an-unknown-include-is-rejected",
    AnyReply,
    cites="RET-06",
    when=lambda answer: answer.operation == "getResponse" and bool(wrong_includes(answer)),
    needs="a retrieval with an unknown include",
    reads=REJECTION,
)
def an_unknown_include_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """An `include` value that the document does not list is rejected."""
    yield from expect_rejection(answer, f"there is no include {show(wrong_includes(answer)[0])}")


@rule(
    "query-parameters.a-cursor-is-a-whole-number",
    AnyReply,
    cites="RSM-10",
    when=lambda answer: (
        answer.operation == "getResponse" and not all(map(is_integer, query(answer, "starting_after")))
    ),
    needs="a retrieval whose `starting_after` is not a sequence number",
    reads=REJECTION,
)
def a_cursor_is_a_whole_number(answer: AnyReply) -> Iterator[Finding]:
    """A `starting_after` that is negative or not an integer is rejected."""
    cursors = show(query(answer, "starting_after"))
    yield from expect_rejection(answer, f"no event has the number {cursors}")


def id_in_path(answer: AnyReply) -> str:
    """The id of the response in the path; empty when the path has none."""
    return answer.exchange.facts.once("id in path", _find_id_in_path, answer)


def _find_id_in_path(answer: AnyReply) -> str:
    match = answer.dialect.document.match(answer.request.method, answer.request.path)
    return unquote(match[1].get("response_id", "")) if match else ""


def is_odd(identity: str) -> bool:
    """Whether an id has characters other than ASCII letters, digits, underscores and dashes."""
    return not identity.replace("_", "").replace("-", "").isalnum() or not identity.isascii()


def _has_odd_id(answer: AnyReply) -> bool:
    """Whether the id in the path has such characters, and is none that the target gave out."""
    identity = id_in_path(answer)
    return bool(identity) and is_odd(identity) and OWN_ID not in answer.exchange.traits


@rule(
    "query-parameters.an-id-with-unusual-characters-is-a-client-error",
    AnyReply,
    cites="RET-14",
    when=_has_odd_id,
    needs="a request with unusual characters in the id of the path",
    reads=REJECTION,
)
def an_id_with_unusual_characters_is_a_client_error(answer: AnyReply) -> Iterator[Finding]:
    """A response id with impossible characters gets a 4xx, not a server error."""
    yield from expect_rejection(answer, f"no response can have the id {show(id_in_path(answer))}")
