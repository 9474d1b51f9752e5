"""The same question in several forms, from several kinds of client."""

from __future__ import annotations

from urllib.parse import quote

from antiphon_conformance.requests.constants import ORIGIN
from antiphon_conformance.requests.spellings import STRING, spelled
from antiphon_conformance.requests.test_prompts import LETTERS
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import WEATHER

QUESTION = f"Reply with exactly: More is at https://example.com/sea today, {LETTERS}."


@scenario(dialect="responses")
async def repeat(conversation: Conversation) -> None:
    """Asks a question as text, as a list from a web page and for a stream; lists models, counts tokens."""
    takes_strings = conversation.target.spelling == STRING
    await conversation.create("first", input=QUESTION, verbatim=True, may_fail=not takes_strings)
    if takes_strings and conversation.dialect.resolve("TRN-20"):
        await conversation.create("again", input=QUESTION, headers={"x-client-request-id": "antiphon-again"})
    message = {"role": "user", "content": QUESTION}
    if not any(map(conversation.dialect.resolve, ("REQ-09", "BUD-REQ-06"))):
        message["type"] = "message"
    page = await conversation.create("as_list", input=[message], headers={"origin": ORIGIN}, may_fail=True)
    if not page.ok:  # a server may keep other origins out
        conversation.rename("as_list", "as_list-from-a-page")
        answer = await conversation.create("as_list", input=[message], may_fail=True)
        if not answer.ok and "type" not in message:
            conversation.rename("as_list", "as_list_messages_without_type")
            message = {**message, "type": "message"}
            await conversation.create("as_list_a_list_as_input", input=[message], may_fail=True)
    options = {"include_obfuscation": False}
    await conversation.create("streamed", input=QUESTION, stream=True, stream_options=options)
    await _list_models(conversation)
    await conversation.part("input_tokens", count)


async def _list_models(conversation: Conversation) -> None:
    """Lists the models as most clients do and, where there is a list, as Codex does; then reads one of it."""
    models = await conversation.get("models", "/models")
    if not models.ok:
        return
    await conversation.get("models_for_codex", "/models?client_version=0.154.0")
    name = next((model.get("id") for _, model in objects(models.answer.fields.get("data"))), None)
    if isinstance(name, str) and name:
        await conversation.get("model", f"/models/{quote(name)}")


async def count(conversation: Conversation) -> None:
    """Counts the tokens of the question, then of a longer request."""
    body = spelled({"model": conversation.model, "input": QUESTION}, conversation.target.spelling)
    path = "/responses/input_tokens"
    await conversation.post("counted", path, body=body)
    more = {"tools": [WEATHER], "tool_choice": "auto", "parallel_tool_calls": False, "truncation": "disabled"}
    more |= {"instructions": "Answer in one short line.", "text": {"format": {"type": "text"}}}
    await conversation.post("counted_more", path, body={**body, **more})


@scenario(dialect="openresponses")
async def preflight(conversation: Conversation) -> None:
    """Sends the preflight request of a browser."""
    fields = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
        "authorization": None,
    }
    await conversation.send("preflight", "OPTIONS", "/responses", headers=fields)
