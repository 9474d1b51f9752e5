"""Extensions that providers add to Open Responses under their own prefix."""

from __future__ import annotations

from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario


@scenario(features=("tools",), dialect="openresponses")
async def extensions(conversation: Conversation) -> None:
    """Sends a hosted tool and an input item of an unknown provider."""
    tool = {"type": "antiphon_unknown:search"}
    await conversation.create("unknown_tool", input="Say hello.", tools=[tool], may_fail=True)
    item = {"type": "antiphon_unknown:note", "id": "note_1", "status": "completed", "text": "Be brief."}
    message = {"type": "message", "role": "user", "content": "Say hello."}
    await conversation.create("unknown_item", input=[item, message], may_fail=True)
