"""Creates that compact their context."""

from __future__ import annotations

from antiphon_conformance.requests.test_prompts import TELL_FIRST
from antiphon_conformance.scenarios.chaining import user
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

THRESHOLD = 1_000
"""The smallest threshold for compaction that the document allows, in tokens."""


@scenario(features=("compact",), dialect="openai")
async def context_management(conversation: Conversation) -> None:
    """Compacts the context within a create: by a trigger item, and by its length."""
    trigger = {"type": "compaction_trigger"}
    await conversation.create("triggered", input=[user(TELL_FIRST), trigger], stream=True, may_fail=True)
    management = [{"type": "compaction", "compact_threshold": THRESHOLD}]
    text = f"{'The tea is cold. ' * THRESHOLD}Say hello."
    await conversation.create("managed", input=text, context_management=management, may_fail=True)
