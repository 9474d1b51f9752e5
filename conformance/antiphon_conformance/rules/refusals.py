"""Requests that are wrong before anyone reads their members: malformed, mislabelled, misrouted, too large."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.probes import UNKNOWN_MODEL
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import show


@rule(Scene, scenario="wrong_requests", cites="TRN-09")
def malformed_json_is_refused(scene: Scene) -> Iterator[Finding]:
    """A body that is not JSON is refused with a 4xx status, and no response is made."""
    yield from _refusal("malformed", scene["malformed"])


@rule(Scene, scenario="wrong_requests", cites="TRN-10")
def a_body_that_is_no_object_is_refused(scene: Scene) -> Iterator[Finding]:
    """A JSON body that is no object is refused with a 4xx status."""
    yield from _refusal("array", scene["array"])


@rule(Scene, scenario="wrong_requests", cites="CG-GEN-06")
def what_is_no_json_object_is_a_bad_request(scene: Scene) -> Iterator[Finding]:
    """A body that is not JSON, or no object, is refused with 400."""
    for step in ("malformed", "array"):
        yield from _refusal(step, scene[step], 400)


@rule(Scene, scenario="wrong_requests", cites="TRN-11")
def another_content_type_is_refused(scene: Scene) -> Iterator[Finding]:
    """A body that is not labelled as JSON is refused with 400 or 415, rather than read as something else."""
    status = scene["plain_text"].answer.status
    if status not in (400, 415):
        yield Finding("plain_text.reply.status", "400 or 415", str(status))


@rule(Scene, scenario="wrong_requests", cites=("TRN-28", "CG-GEN-10"))
def an_unknown_route_is_404(scene: Scene) -> Iterator[Finding]:
    """An unknown route is answered 404."""
    yield from _refusal("unknown_route", scene["unknown_route"], 404)


@rule(Scene, scenario="wrong_requests", cites=("TRN-28", "CG-GEN-10"))
def a_wrong_method_is_404_or_405(scene: Scene) -> Iterator[Finding]:
    """A method that a known route does not have is answered 404 or 405."""
    yield from _refusal("wrong_method", scene["wrong_method"], 404, 405)


@rule(Scene, scenario="wrong_requests", cites="ERR-12")
def the_same_mistake_gets_the_same_answer(scene: Scene) -> Iterator[Finding]:
    """The same wrong request always gets the same status and code."""
    first, again = scene["malformed"].answer, scene["malformed_again"].answer
    if first.status != again.status:
        yield Finding("malformed_again.reply.status", str(first.status), str(again.status))
    if _code(scene["malformed"]) != _code(scene["malformed_again"]):
        got = show(_code(scene["malformed_again"]))
        yield Finding("malformed_again.reply.body/error/code", show(_code(scene["malformed"])), got)


@rule(
    Answered,
    cites=("REQ-03", "CG-REQ-02"),
    when=lambda answered: answered.asked.get("model") == UNKNOWN_MODEL,
    needs="a create with a model that does not exist",
)
def an_unknown_model_is_refused(answered: Answered) -> Iterator[Finding]:
    """An unknown model is refused with a 4xx status, and an error with members points at `model`.

    A server that answers with some other model is believed to have answered with the one asked for. Where
    every name is that of a model, as in front of a single one, there is nothing to refuse: hence a warning.
    """
    if not 400 <= answered.reply.status < 500:
        yield Finding("reply.status", "4xx, as the model does not exist", str(answered.reply.status))
        return
    error, told = answered.reply.fields.get("error"), answered.dialect.traits.error_envelope == "object"
    if told and error and not _points_at_model(answered.exchange):
        yield Finding("reply.body/error", "`param` model, or `code` model_not_found", show(error))


def _points_at_model(exchange: Exchange) -> bool:
    error = exchange.answer.fields.get("error")
    return isinstance(error, dict) and (
        error.get("param") == "model" or error.get("code") == "model_not_found"
    )


def _has_much_header(answered: Answered) -> bool:
    limit = answered.dialect.traits.header_limit
    return (
        limit is not None
        and sum(len(name) + len(value) for name, value in answered.request.headers.pairs) > limit
    )


@rule(Answered, cites="TRN-27", when=_has_much_header, needs="a request with more than 64 KiB of headers")
def too_much_header_is_refused(answered: Answered) -> Iterator[Finding]:
    """A request with more than 64 KiB of headers is refused with a 4xx status."""
    if not 400 <= answered.reply.status < 500:
        yield Finding("reply.status", "4xx", str(answered.reply.status))


@rule(Scene, scenario="oversized_input", cites="REQ-05")
def an_oversized_input_is_refused(scene: Scene) -> Iterator[Finding]:
    """An `input` of more than 10,485,760 characters is refused with a 4xx status."""
    yield from _too_large(scene)


@rule(Scene, scenario="oversized_count", cites="TOK-07")
def an_oversized_count_is_refused(scene: Scene) -> Iterator[Finding]:
    """Counting the tokens of more than 10,485,760 characters is refused with a 4xx status."""
    yield from _too_large(scene)


def _too_large(scene: Scene) -> Iterator[Finding]:
    status = scene["oversized"].answer.status
    if not 400 <= status < 500:
        yield Finding("oversized.reply.status", "4xx, as the text has too many characters", str(status))


def _refusal(step: str, exchange: Exchange, *statuses: int) -> Iterator[Finding]:
    reply = exchange.answer
    wanted = " or ".join(map(str, statuses)) or "4xx"
    if reply.status not in (statuses or range(400, 500)):
        yield Finding(f"{step}.reply.status", wanted, str(reply.status))


def _code(exchange: Exchange) -> object:
    error = exchange.answer.fields.get("error")
    return error.get("code") if isinstance(error, dict) else None
