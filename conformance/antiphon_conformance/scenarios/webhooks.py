"""Webhooks: responses in the background that end in several ways, and what the target tells about them."""

from __future__ import annotations

from antiphon_conformance.http.mailbox import Mailbox
from antiphon_conformance.requests.test_prompts import LONG_TASK
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

WAIT = 30.0
"""Seconds in which a webhook comes, counted from the end of its response, and in which it is tried again."""
FEW_TOKENS = 16
"""The least that the vendor allows."""
RECEIVING, RETRYING = "webhooks", "webhook_retries"


@scenario(features=("background", "retrieve", "webhooks"))
async def webhooks(conversation: Conversation) -> None:
    """Lets responses end in several ways, receives the webhooks about them, and refuses the first one.

    It needs a port on which the user lets the judge receive them; without one it asks nothing.
    """
    mailbox = conversation.target.mailbox
    if mailbox is None:
        return
    responses: list[str] = []
    claims = frozenset(conversation.available_features)
    try:
        first = await _begin(conversation, mailbox)
        responses.append(first)
        if not mailbox.about(first) and RECEIVING not in claims:
            return  # the target was not told where we listen, or has no webhooks
        responses += await _end_otherwise(conversation)
        await mailbox.wait(lambda: all(map(mailbox.about, responses)), WAIT)
        came_again = await mailbox.wait(lambda: len(mailbox.about(first)) > 1, WAIT)
        if not came_again and RETRYING in claims:
            await conversation.get("not_tried_again", f"/responses/{first}")
    finally:
        mailbox.reject(False)
        conversation.deliveries = mailbox.about(*responses)


async def _begin(conversation: Conversation, mailbox: Mailbox) -> str:
    """Creates a response whose first webhook gets an error, and reads it as soon as that comes.

    Returns its id.
    """
    mailbox.reject(True)
    first = conversation.id_of(await conversation.create("started", input="Say hello.", background=True))
    conversation.expect_background("started")
    came = await mailbox.wait(lambda: bool(mailbox.about(first)), WAIT)
    if came:
        mailbox.reject(False)
        await conversation.get("read", f"/responses/{first}")
    await conversation.poll("ended", first)
    if not came:
        await mailbox.wait(lambda: bool(mailbox.about(first)), WAIT)
    return first


async def _end_otherwise(conversation: Conversation) -> list[str]:
    """The ids of a response that is cut off, and of one that is cancelled."""
    identities = []
    shortened = await conversation.create(
        "shortened", input=LONG_TASK, background=True, max_output_tokens=FEW_TOKENS, may_fail=True
    )
    if shortened.ok:
        identities.append(conversation.id_of(shortened))
        await conversation.poll("shortened_ended", identities[0])
    if "cancel" in conversation.dialect.features and not conversation.lacks("cancel"):
        running = conversation.id_of(await conversation.create("running", input=LONG_TASK, background=True))
        cancellation = await conversation.post("cancelled", f"/responses/{running}/cancel")
        identities += [running] if cancellation.ok else []
    return identities
