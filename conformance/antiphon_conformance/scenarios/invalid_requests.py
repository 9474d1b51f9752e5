"""Every mistake in the table, once: a request that is right except for this mistake."""

from __future__ import annotations

from contextlib import suppress

from antiphon_conformance.requests.invalid.request import with_mistake
from antiphon_conformance.requests.invalid.table import examples
from antiphon_conformance.requests.minimal import MissingResourceError
from antiphon_conformance.requests.spellings import spelled
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_spec.dialect import Dialect


@scenario(dialect="openai", from_table=True, risky=True)
async def mistakes_in_openai(conversation: Conversation) -> None:
    """Sends every wrong request that the openai dialect forbids."""
    await _send_all(conversation, conversation.dialect)


@scenario(dialect="openresponses", from_table=True, risky=True)
async def mistakes_in_openresponses(conversation: Conversation) -> None:
    """Sends every wrong request that the openresponses dialect forbids."""
    await _send_all(conversation, conversation.dialect)


@scenario(dialect="cloudglue", from_table=True, risky=True)
async def mistakes_in_cloudglue(conversation: Conversation) -> None:
    """Sends every wrong request that the cloudglue dialect forbids."""
    await _send_all(conversation, conversation.dialect)


@scenario(dialect="bud", from_table=True, risky=True)
async def mistakes_in_bud(conversation: Conversation) -> None:
    """Sends every wrong request that the bud dialect forbids."""
    await _send_all(conversation, conversation.dialect)


async def _send_all(conversation: Conversation, dialect: Dialect) -> None:
    for name, operation, wrong in examples(dialect):
        path = dialect.document.operations[operation].path
        usual = conversation.minimal(operation)
        with suppress(MissingResourceError):  # the target does not hold what the request names
            body = with_mistake(usual, wrong, dialect, conversation.values)
            await conversation.post(name, path, body=spelled(body, conversation.target.spelling))
