"""Servers whose webhooks come otherwise than one after another, each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour import webhooks
from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.variations import variation

OVERTAKEN = 0.4
"""Seconds for which every second webhook is held back."""
FITS = ("openai",)


def _with(behaviour: Behaviour, **decisions: Any) -> Behaviour:
    return replace(behaviour, webhooks=replace(behaviour.webhooks, **decisions))


@variation("state.sends-webhooks-twice", fits=FITS)
def sends_webhooks_twice(behaviour: Behaviour) -> Behaviour:
    """Sends each webhook a second time after it has arrived.

    OpenAI's guide says that a webhook may come several times; `webhook-id` tells which ones are the same.
    """
    return _with(behaviour, copies=lambda _number: 2)


@variation("state.sends-webhooks-out-of-order", fits=FITS)
def sends_webhooks_out_of_order(behaviour: Behaviour) -> Behaviour:
    """Holds back every second webhook, so that later ones overtake it.

    No document promises an order: each webhook has the time of its event.
    """
    return _with(behaviour, hold=lambda number: 0.0 if number % 2 else OVERTAKEN)


@variation("state.rotates-its-webhook-secret", fits=FITS)
def rotates_its_webhook_secret(behaviour: Behaviour) -> Behaviour:
    """Signs each webhook with another secret, too, and says nothing of its object.

    While a secret is rotated there are signatures of both, with a space between; `object` is optional.
    """

    def headers(key: bytes, webhook_id: str, moment: float, body: bytes) -> dict[str, str]:
        usual = webhooks.headers(key, webhook_id, moment, body)
        other = webhooks.sign(b"another key", webhook_id, usual["webhook-timestamp"], body)
        return {**usual, "webhook-signature": f"{other} {usual['webhook-signature']}"}

    def event(response: Mapping[str, Any], moment: int) -> dict[str, Any]:
        content = webhooks.event(response, moment)
        del content["object"]
        return {**content, "livemode": True, "data": {**content["data"], "metadata": {}}}

    return _with(behaviour, headers=headers, event=event)


@variation("state.gives-webhooks-up-at-once", fits=FITS)
def gives_webhooks_up_at_once(behaviour: Behaviour) -> Behaviour:
    """Tries no webhook again within the minutes that anybody waits for it.

    OpenAI's guide says that it tries again for up to 72 hours, with growing pauses, and not when first.
    """
    return _with(behaviour, pauses=lambda _virtual: (36_000.0,))
