"""What client libraries rely on: headers that they send or leave out, ids and lists as they encode them."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.requests.constants import NO_UUID
from antiphon_conformance.rules.reading.comparison import expect_ok, expect_status, succeeded, took_place
from antiphon_conformance.rules.reading.output import member, objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace

NOT_ACCEPTABLE = (406, 415)
"""The statuses that reject headers (RFC 9110, sections 15.5.7 and 15.5.16)."""
NOT_OFFERED = (404, 405, 501)
"""The statuses of an operation that a server does not offer."""
ACCEPTING = ("streamed_as_json", "listed_as_anything", "listed_as_events", "listed_as_nothing_said")
"""The steps that differ from usual requests only in `Accept`."""
MODALITIES = ("visual_scene_description", "scene_text", "speech", "audio_description")


def _expect_stream(exchange: Exchange) -> Iterator[Finding]:
    """A finding when a successful answer is no stream."""
    if exchange.ok and exchange.answer.stream is None:
        actual = show(exchange.answer.headers.get("content-type") or ABSENT)
        yield Finding("reply.headers/content-type", "text/event-stream", actual, exchange.id)


@rule(
    "clients.any-accept-is-served",
    ScenarioTrace,
    scenario="headers",
    cites="CG-GEN-08",
    when=took_place("streamed_as_json"),
)
def any_accept_is_served(trace: ScenarioTrace) -> Iterator[Finding]:
    """A server answers streams and lists whatever `Accept` says, also without the header.

    Clients ask for streams with `Accept: application/json`, or without the header.
    """
    for step in ACCEPTING:
        yield from expect_ok(trace[step], "200, whatever `Accept` says")
    foreground = trace["streamed_in_the_foreground"]
    if foreground.answer.status in NOT_ACCEPTABLE:
        yield from expect_ok(foreground, "200, whatever `Accept` says")
    yield from _expect_stream(trace["streamed_as_json"])


@rule(
    "clients.a-stream-in-the-foreground-is-a-stream",
    ScenarioTrace,
    scenario="headers",
    cites="CG-REQ-16",
    when=took_place("streamed_in_the_foreground"),
)
def a_stream_in_the_foreground_is_a_stream(trace: ScenarioTrace) -> Iterator[Finding]:
    """`stream: true` with `background: false` is answered with a stream.

    Only `true` for both is invalid. One client library always sends both members.
    """
    exchange = trace["streamed_in_the_foreground"]
    yield from expect_status(exchange, (200, *NOT_ACCEPTABLE), "200 and a stream")
    yield from _expect_stream(exchange)


@rule("clients.background-without-stream-is-accepted", ScenarioTrace, scenario="bodiless", cites="CG-REQ-17")
def background_without_stream_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """`background: true` with `stream: false` is accepted."""
    yield from expect_ok(trace["started"], "200, since `stream` is false")


@rule(
    "clients.a-post-without-a-body-needs-no-content-type",
    ScenarioTrace,
    scenario="bodiless",
    cites="CG-GEN-09",
)
def a_post_without_a_body_needs_no_content_type(trace: ScenarioTrace) -> Iterator[Finding]:
    """A POST without a body is accepted without a `Content-Type`, as an empty form, and as JSON.

    Client libraries send cancels in each of these ways.
    """
    steps = ("cancelled_unlabelled", "cancelled_as_form", "cancelled_as_json")
    if all(trace[step].reply and trace[step].answer.status in NOT_OFFERED for step in steps):
        return  # cancels are optional, and this server has none
    for step in steps:
        yield from expect_ok(trace[step], "200, since an empty body needs no `Content-Type`")


@rule(
    "clients.encoded-ids-are-decoded",
    ScenarioTrace,
    scenario="bodiless",
    cites="CG-GEN-12",
    when=succeeded("started"),
)
def encoded_ids_are_decoded(trace: ScenarioTrace) -> Iterator[Finding]:
    """A server decodes percent-encoded characters of an id in the path.

    `%2D` and `-` are the same (RFC 3986, sections 2.1 and 2.3); one client library encodes ids.
    """
    yield from expect_ok(trace["encoded"], "200, since this is the id of a response")


@rule(
    "clients.an-id-that-is-no-uuid-is-not-found",
    AnyReply,
    cites="CG-GEN-13",
    when=lambda view: view.request.path.rpartition("/")[2] == NO_UUID,
    needs="a request for an id that is no UUID",
)
def an_id_that_is_no_uuid_is_not_found(view: AnyReply) -> Iterator[Finding]:
    """A request for an id that is no UUID answers 404 or 400."""
    if view.reply.status not in (400, 404):
        yield Finding("reply.status", "404 or 400", str(view.reply.status))


def _modalities(exchange: Exchange) -> list[list[str]]:
    """The modalities of each description in an answer."""
    descriptions = (member(file, "data") for _, file in objects(exchange.answer.fields.get("data")))
    return [[name for name in MODALITIES if member(data, name) is not None] for data in descriptions]


@rule(
    "clients.a-list-in-a-query-has-two-spellings",
    ScenarioTrace,
    scenario="query_spellings",
    cites="CG-GEN-14",
    when=lambda trace: succeeded("commas")(trace) or succeeded("brackets")(trace),
    needs="a collection of media descriptions",
)
def a_list_in_a_query_has_two_spellings(trace: ScenarioTrace) -> Iterator[Finding]:
    """`modalities=a,b` and `modalities[]=a&modalities[]=b` mean the same.

    The document has the first form; one client library sends the second. Booleans are `true` and `false`.
    """
    for step in ("commas", "brackets"):
        yield from expect_ok(trace[step], "200, since clients send both spellings")
    commas, brackets = trace["commas"], trace["brackets"]
    if commas.ok and brackets.ok and _modalities(commas) != _modalities(brackets):
        expected = f"{show(_modalities(commas))}, as in {commas.id}"
        yield Finding("reply.body/data", expected, named("modalities", _modalities(brackets)), brackets.id)
