"""Two accounts: what one of them stored, the other asks for."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.http.credentials import OTHER_KEY
from antiphon_conformance.requests.constants import WRONG_KEY
from antiphon_conformance.requests.test_prompts import ASK_SIMPLY, TELL_SIMPLY
from antiphon_conformance.scenarios.connection import FEATURE, ask_with_key
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

OTHER = {"authorization": f"Bearer {OTHER_KEY}"}


@scenario(features=("keys",), dialect="responses")
async def accounts(conversation: Conversation) -> None:
    """Stores a response, and continues, reads, lists and deletes it with the key of another account.

    It needs that key from the user; without one it asks nothing. A server that takes any key has no accounts.
    """
    if not conversation.target.signer.other_key:
        return
    headers = {"authorization": f"Bearer {WRONG_KEY}"}
    await conversation.create(
        "wrong_key", headers=headers, input="Hello.", max_output_tokens=16, may_fail=True
    )
    conversation.expect_rejection("wrong_key", "keys")
    features = conversation.dialect.features
    identity = conversation.id_of(await conversation.create("told", input=TELL_SIMPLY, store=True))
    members: dict[str, Any] = {"input": ASK_SIMPLY, "previous_response_id": identity}
    await conversation.create("continued", headers=OTHER, may_fail=True, **members)
    path = f"/responses/{identity}"
    if "retrieve" in features:
        await conversation.get("read", path)
        await conversation.get("read_by_the_other", path, headers=OTHER)
    if "input_items" in features:
        await conversation.get("listed_by_the_other", f"{path}/input_items", headers=OTHER)
    if "delete" in features:
        await conversation.delete("deleted_by_the_other", path, headers=OTHER)
        await conversation.get("read_again", path)
    if FEATURE in features:
        await ask_with_key(conversation, "continued_over_websocket", OTHER_KEY, store=False, **members)
