"""What client libraries take for granted: headers that they send or leave out, ids as they write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.answers import member, objects
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.parity import expect_ok, expect_status, succeeded, took_place
from antiphon_conformance.probes import NO_UUID
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import ABSENT, show

NOT_ACCEPTABLE = (406, 415)
"""Statuses that speak of headers (RFC 9110, 15.5.7 and 15.5.16)."""
ACCEPTING = ("streamed_as_json", "listed_as_anything", "listed_as_events", "listed_as_nothing_said")
"""The steps that differ from plain ones in `Accept` alone."""
MODALITIES = ("visual_scene_description", "scene_text", "speech", "audio_description")


def _streamed(exchange: Exchange) -> Iterator[Finding]:
    """A finding when an answer is no stream."""
    if exchange.ok and exchange.answer.stream is None:
        got = show(exchange.answer.headers.get("content-type") or ABSENT)
        yield Finding("reply.headers/content-type", "text/event-stream", got, exchange.id)


@rule(Scene, scenario="headers", cites="CG-GEN-08", when=took_place("streamed_as_json"))
def any_accept_is_served(scene: Scene) -> Iterator[Finding]:
    """`Accept` decides nothing: absent, or of another type, it stops neither streams nor lists.

    Clients stream with `Accept: application/json`, or without the header.
    """
    for step in ACCEPTING:
        yield from expect_ok(scene[step], "200, whatever `Accept` says")
    foreground = scene["streamed_in_the_foreground"]
    if foreground.answer.status in NOT_ACCEPTABLE:
        yield from expect_ok(foreground, "200, whatever `Accept` says")
    yield from _streamed(scene["streamed_as_json"])


@rule(Scene, scenario="headers", cites="CG-REQ-16", when=took_place("streamed_in_the_foreground"))
def a_stream_in_the_foreground_is_a_stream(scene: Scene) -> Iterator[Finding]:
    """`stream: true` beside `background: false` is served as a stream: only both true exclude each other.

    A client library always sends both.
    """
    exchange = scene["streamed_in_the_foreground"]
    yield from expect_status(exchange, (200, *NOT_ACCEPTABLE), "200 and a stream")
    yield from _streamed(exchange)


@rule(Scene, scenario="bodiless", cites="CG-REQ-17")
def what_is_not_streamed_runs_in_the_background(scene: Scene) -> Iterator[Finding]:
    """`background: true` beside `stream: false` is taken."""
    yield from expect_ok(scene["started"], "200, since `stream` is false")


@rule(Scene, scenario="bodiless", cites="CG-GEN-09")
def a_post_without_a_body_needs_no_content_type(scene: Scene) -> Iterator[Finding]:
    """A POST without a body is taken without a `Content-Type`, as an empty form, and as JSON.

    Client libraries cancel in each of these ways.
    """
    for step in ("cancelled_unlabelled", "cancelled_as_form", "cancelled_as_json"):
        yield from expect_ok(scene[step], "200, as there is no body to have a type")


@rule(Scene, scenario="bodiless", cites="CG-GEN-12", when=succeeded("started"))
def encoded_ids_are_decoded(scene: Scene) -> Iterator[Finding]:
    """An id is found although letters of it are percent-encoded in the path.

    `%2D` and `-` are the same (RFC 3986, 2.1 and 2.3); a client library encodes ids.
    """
    yield from expect_ok(scene["encoded"], "200, since this is the id of a response")


@rule(
    Answered,
    cites="CG-GEN-13",
    when=lambda answered: answered.request.path.rpartition("/")[2] == NO_UUID,
    needs="a request for an id that is no UUID",
)
def an_id_of_another_form_names_nothing(answered: Answered) -> Iterator[Finding]:
    """An id that is no UUID is answered 404, or 400."""
    if answered.reply.status not in (400, 404):
        yield Finding("reply.status", "404, or 400", str(answered.reply.status))


def _told(exchange: Exchange) -> list[Any]:
    """Of each file that an answer describes, which modalities it tells."""
    described = (member(file, "data") for _, file in objects(exchange.answer.fields.get("data")))
    return [[name for name in MODALITIES if member(data, name) is not None] for data in described]


@rule(
    Scene,
    scenario="query_spellings",
    cites="CG-GEN-14",
    when=took_place("commas", "brackets"),
    needs="a collection of media descriptions",
)
def a_list_in_a_query_has_two_spellings(scene: Scene) -> Iterator[Finding]:
    """`modalities=a,b` and `modalities[]=a&modalities[]=b` ask for the same; booleans are `true` and `false`.

    The document has the first form; a client library sends the second.
    """
    for step in ("commas", "brackets"):
        yield from expect_ok(scene[step], "200, since both spellings are sent")
    commas, brackets = scene["commas"], scene["brackets"]
    if commas.ok and brackets.ok and _told(commas) != _told(brackets):
        expected = f"{show(_told(commas))}, as in {commas.id}"
        yield Finding("reply.body/data", expected, show(_told(brackets)), brackets.id)
