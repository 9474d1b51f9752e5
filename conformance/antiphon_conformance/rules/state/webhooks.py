"""Rules on webhooks: what the target told the judge about the ends of responses in the background.

`webhook[2]` in a finding is the third one that came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from antiphon_conformance.http.delivery import Delivery, Signature
from antiphon_conformance.http.exchange import Exchange, NoEvidenceError
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import number, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import TERMINAL, ScenarioTrace

NEEDS = "a webhook: --webhook-port N, and a target that was told http://127.0.0.1:N/"
TOLERANCE = 300
"""Seconds by which the vendor's SDKs let the time of a webhook differ from their own."""
ENDS = frozenset(f"response.{status}" for status in TERMINAL)
ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def has_webhooks(trace: ScenarioTrace) -> bool:
    """Whether any webhook came."""
    return bool(trace.trace.deliveries)


def ends(trace: ScenarioTrace) -> Mapping[str, str]:
    """The status in which each response of the scenario was last seen, by its id, if it has ended."""
    seen: dict[str, str] = {}
    for exchange in trace.trace.exchanges.values():
        fields = exchange.answer.fields if exchange.ok else {}
        identity, status = fields.get("id"), fields.get("status")
        if isinstance(identity, str) and isinstance(status, str) and status in TERMINAL:
            seen[identity] = status
    return seen


def about(trace: ScenarioTrace, identity: str) -> Iterator[tuple[str, Delivery]]:
    """(place, webhook) of each one whose body holds the id of a response."""
    for index, delivery in enumerate(trace.trace.deliveries):
        if identity.encode() in delivery.raw:
            yield f"webhook[{index}]", delivery


def placed(trace: ScenarioTrace) -> Iterator[tuple[str, Delivery, str]]:
    """(place, webhook, exchange) of each one: the exchange is the create of its response."""
    creates = [step for step in trace.trace.exchanges.values() if step.request.method == "POST" and step.ok]
    for index, delivery in enumerate(trace.trace.deliveries):
        owner = next((step.id for step in creates if _id_of(step).encode() in delivery.raw), "")
        yield f"webhook[{index}]", delivery, owner


def _id_of(exchange: Exchange) -> str:
    identity = exchange.answer.fields.get("id")
    return identity if isinstance(identity, str) and identity else "no id"


@rule(
    "webhooks.tell-each-end",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-01",
    # After silence nothing more is asked for, unless webhooks are claimed.
    when=lambda trace: "shortened" in trace,
    needs=NEEDS,
)
def tell_each_end(trace: ScenarioTrace) -> Iterator[Finding]:
    """Each response in the background has a webhook at its end, however it ends.

    A client that waits for a webhook waits for ever.
    """
    for name in ("started", "shortened", "running"):
        identity = _id_of(trace[name]) if name in trace else ""
        status = ends(trace).get(identity)
        if status is not None and not any(about(trace, identity)):
            yield Finding("webhook", f"response.{status} within half a minute", "absent", trace[name].id)


@rule(
    "webhooks.say-how-the-response-ended",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-01",
    when=has_webhooks,
    needs=NEEDS,
)
def say_how_the_response_ended(trace: ScenarioTrace) -> Iterator[Finding]:
    """The `type` of a webhook is `response.` and the status in which the response has ended.

    A client that reads `response.completed` takes a part of an answer for the whole.
    """
    statuses = ends(trace)
    for where, delivery, exchange in placed(trace):
        status = next(
            (statuses[identity] for identity in statuses if identity.encode() in delivery.raw), None
        )
        kind = delivery.fields.get("type")
        if status is not None and isinstance(kind, str) and kind in ENDS and kind != f"response.{status}":
            yield Finding(f"{where}/type", f'"response.{status}"', show(kind), exchange)


@rule(
    "webhooks.name-the-response-that-ended",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-02",
    when=has_webhooks,
    needs=NEEDS,
)
def name_the_response_that_ended(trace: ScenarioTrace) -> Iterator[Finding]:
    """A webhook has `id`, `type`, `created_at` and, in `data.id`, the id of its response.

    A client cannot tell which of its responses has ended.
    """
    for where, delivery, exchange in placed(trace):
        fields = delivery.fields
        if not fields:
            yield Finding(where, "a JSON object", show(delivery.raw.decode(errors="replace")), exchange)
            continue
        for name in ("id", "type"):
            if not isinstance(fields.get(name), str):
                yield Finding(f"{where}/{name}", "a text", show(fields.get(name, ABSENT)), exchange)
        if number(fields.get("created_at")) is None:
            yield Finding(
                f"{where}/created_at", "Unix seconds", show(fields.get("created_at", ABSENT)), exchange
            )
        identity = value_at(fields, "data", "id")
        if not isinstance(identity, str) or not identity:
            yield Finding(f"{where}/data/id", "the id of the response", show(identity), exchange)


@rule(
    "webhooks.are-signed-with-the-secret",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-03",
    when=has_webhooks,
    needs=NEEDS,
)
def are_signed_with_the_secret(trace: ScenarioTrace) -> Iterator[Finding]:
    """A webhook has an id, a time, and a signature of both and the body that the secret makes.

    The vendor's SDKs refuse a webhook whose signature differs. Without a secret no signature is judged: the
    target may have none either.
    """
    for where, delivery, exchange in placed(trace):
        names = (ID, TIME) if delivery.signature is Signature.UNKNOWN else (ID, TIME, SIGNATURE)
        lacks = [name for name in names if not delivery.headers.get(name)]
        for name in lacks:
            yield Finding(f"{where}.headers/{name}", "a value (required)", "absent", exchange)
        if not lacks and delivery.signature is Signature.WRONG:
            expected = "`v1,` and the signature that the secret makes"
            yield Finding(
                f"{where}.headers/{SIGNATURE}", expected, show(delivery.headers.get(SIGNATURE)), exchange
            )
    if all(delivery.signature is Signature.UNKNOWN for delivery in trace.trace.deliveries):
        raise NoEvidenceError("no secret to compare signatures with: OPENAI_WEBHOOK_SECRET has it")


@rule(
    "webhooks.have-the-time-of-the-try",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-03",
    when=lambda trace: any(delivery.headers.get(TIME) for delivery in trace.trace.deliveries),
    needs=NEEDS,
)
def have_the_time_of_the_try(trace: ScenarioTrace) -> Iterator[Finding]:
    """The `webhook-timestamp` is the Unix second of the try, at most five minutes off.

    The vendor's SDKs refuse an older or newer one, so that nobody can send an old webhook again.
    """
    for where, delivery, exchange in placed(trace):
        text = delivery.headers.get(TIME)
        if text is None:
            continue
        seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
        if seconds is None or abs(seconds - delivery.arrived_at) > TOLERANCE:
            expected = f"Unix seconds near {int(delivery.arrived_at)}, when it came"
            yield Finding(f"{where}.headers/{TIME}", expected, show(text), exchange)


@rule(
    "webhooks.are-tried-again-after-an-error",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-04",
    when=lambda trace: bool(_first_tries(trace)) and ("not_tried_again" in trace or _has_second_try(trace)),
    needs="a webhook that is tried again within half a minute after it was answered with 500",
)
def are_tried_again_after_an_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """A webhook that was answered with an error is sent again.

    A receiver that starts anew loses the end of a response otherwise. No document says when the second try
    comes: it is missed only where the target claims `webhook_retries`.
    """
    if not _has_second_try(trace):
        yield Finding("webhook", "a second try after the answer 500", "absent", trace["started"].id)


@rule(
    "webhooks.have-one-id-in-all-tries",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-05",
    when=lambda trace: (
        _has_second_try(trace) and any(item.headers.get(ID) for _, item in _first_tries(trace))
    ),
    needs="a webhook that is tried again within half a minute after it was answered with 500",
)
def have_one_id_in_all_tries(trace: ScenarioTrace) -> Iterator[Finding]:
    """All tries of one webhook have the same `webhook-id`.

    A receiver drops by it what it has handled already.
    """
    for where, first in _first_tries(trace):
        later = [delivery for delivery in trace.trace.deliveries if _is_again(delivery, first)]
        if later and not any(delivery.headers.get(ID) == first.headers.get(ID) for delivery in later):
            actual = show(later[0].headers.get(ID) or ABSENT)
            expected = f"{show(first.headers.get(ID))}, as {where} has"
            yield Finding(f"webhook.headers/{ID} of its second try", expected, actual, trace["started"].id)


@rule(
    "webhooks.have-an-id-of-their-own",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-05",
    when=lambda trace: len(_ids_by_response(trace)) > 1,
    needs="webhooks about two responses",
)
def have_an_id_of_their_own(trace: ScenarioTrace) -> Iterator[Finding]:
    """Webhooks about two responses have two `webhook-id`s.

    A receiver that drops what it has handled already never learns of the second one.
    """
    for (one, ids), (other, others) in combinations(_ids_by_response(trace).items(), 2):
        for shared in sorted(ids & others):
            expected = f"another id for the response {show(other)}"
            where = f"webhook.headers/{ID} for {show(one)}"
            yield Finding(where, expected, show(shared), trace["started"].id)


@rule(
    "webhooks.come-when-the-response-has-ended",
    ScenarioTrace,
    scenario="webhooks",
    cites="WHK-06",
    when=lambda trace: has_webhooks(trace) and "read" in trace and trace["read"].ok,
    needs=NEEDS,
)
def come_when_the_response_has_ended(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response that is retrieved when its webhook comes has ended.

    A client that reads it once finds no answer.
    """
    status = trace["read"].response.get("status", ABSENT)
    if status not in TERMINAL:
        expected = "completed, failed, incomplete or cancelled, because the webhook had come"
        yield Finding("reply.body/status", expected, show(status), trace["read"].id)


def _first_tries(trace: ScenarioTrace) -> list[tuple[str, Delivery]]:
    """(place, webhook) of those that the judge answered with an error, the first of each address."""
    tries: dict[str, tuple[str, Delivery]] = {}
    for where, delivery in about(trace, _id_of(trace["started"])) if "started" in trace else ():
        if delivery.status >= 300:
            tries.setdefault(delivery.path, (where, delivery))
    return list(tries.values())


def _is_again(delivery: Delivery, first: Delivery) -> bool:
    """Whether a webhook is a later try of another one, or a copy of it."""
    is_later = delivery is not first and delivery.arrived_at >= first.arrived_at
    return is_later and _event_of(delivery) == _event_of(first)


def _event_of(delivery: Delivery) -> tuple[str, str]:
    """What a webhook tells and to which address: copies and later tries share it."""
    kind, identity = delivery.fields.get("type"), value_at(delivery.fields, "data", "id")
    has_both = isinstance(kind, str) and isinstance(identity, str)
    return delivery.path, f"{kind} {identity}" if has_both else delivery.raw.decode(errors="replace")


def _has_second_try(trace: ScenarioTrace) -> bool:
    return any(
        _is_again(delivery, first) for _, first in _first_tries(trace) for delivery in trace.trace.deliveries
    )


def _ids_by_response(trace: ScenarioTrace) -> Mapping[str, frozenset[str]]:
    """The `webhook-id`s about each response, by its id; a body that holds two of these ids does not count."""
    ids: dict[str, frozenset[str]] = {}
    responses = ends(trace)
    for delivery in trace.trace.deliveries:
        owners = [identity for identity in responses if identity.encode() in delivery.raw]
        webhook_id = delivery.headers.get(ID)
        if len(owners) == 1 and webhook_id:
            ids[owners[0]] = ids.get(owners[0], frozenset()) | {webhook_id}
    return ids
