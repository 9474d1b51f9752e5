"""Lists of responses: in pages, by date and by status, while responses start, run, end and are deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from antiphon_conformance.requests.test_prompts import LONG_TASK, unknown_response
from antiphon_conformance.rules.reading.dates import moment_of
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

PATH = "/responses"
FAR = 1000
"""How far beyond the end a page begins, so that new responses do not reach it."""
INVALID_REQUESTS = {
    "limit_0": "?limit=0",
    "limit_101": "?limit=101",
    "limit_in_words": "?limit=ten",
    "negative_offset": "?offset=-1",
    "offset_in_words": "?offset=ten",
    "unknown_status": "?status=sleeping",
    "date_in_words": "?created_before=tomorrow",
    "no_such_day": "?created_after=2026-02-30",
}
"""Wrong queries of a list."""


@scenario(features=("list", "retrieve"), last=True)
async def listing(conversation: Conversation) -> None:
    """Creates responses directly, in a stream and in the background; lists, cancels and deletes them."""
    first = await conversation.create("made", input="Say hello.")
    await conversation.create("streamed", input="Say hello.", stream=True, may_fail=True)
    running = await conversation.create("running", input=LONG_TASK, background=True, may_fail=True)
    await page_through(conversation)
    await by_date(conversation, moment_of(first.response.get("created_at")) or datetime.now(UTC))
    await conversation.get("completed", f"{PATH}?status=completed&limit=100")
    if running.ok:
        await conversation.post("stopped", f"{PATH}/{conversation.id_of(running)}/cancel")
        await conversation.get("cancelled", f"{PATH}?status=cancelled&limit=100")
    await conversation.delete("deleted", f"{PATH}/{conversation.id_of(first)}")
    await conversation.get("without", f"{PATH}?limit=100")


@scenario(features=("list", "retrieve"), from_table=True)
async def mistakes_in_lists(conversation: Conversation) -> None:
    """Sends every wrong query of a list, and asks for an unknown response."""
    for name, wrong in INVALID_REQUESTS.items():
        await conversation.get(name, PATH + wrong)
    await conversation.get("unknown_id", f"{PATH}/{unknown_response(conversation.dialect)}")


async def page_through(conversation: Conversation) -> None:
    """Reads the first pages of the list, which overlap, and between them a page far beyond the end."""
    await conversation.get("listed", PATH)
    await conversation.get("page", f"{PATH}?limit=2")
    second = await conversation.get("page-2", f"{PATH}?limit=2&offset=1")
    total = second.answer.fields.get("total")
    await conversation.get("beyond", f"{PATH}?limit=2&offset={FAR + (total if type(total) is int else 0)}")
    await conversation.get("again", f"{PATH}?limit=3")


async def by_date(conversation: Conversation, day: datetime) -> None:
    """Lists from yesterday to tomorrow, from tomorrow on, and both after and before yesterday. However a
    server counts days, the first list holds the responses of `day`, and the others do not."""
    yesterday, tomorrow = (f"{day + timedelta(days=days):%Y-%m-%d}" for days in (-1, 1))
    dates = {
        "within": f"created_after={yesterday}&created_before={tomorrow}",
        "later": f"created_after={tomorrow}",
        "yesterday": f"created_after={yesterday}&created_before={yesterday}",
    }
    for step, query in dates.items():
        await conversation.get(step, f"{PATH}?{query}&limit=100")
