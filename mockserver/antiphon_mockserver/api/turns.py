"""Reads the turn of a create: its checks, the earlier turns that it continues, its new input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from antiphon_mockserver.behaviour.checks import DOUBTFUL, ignore_unknown
from antiphon_mockserver.prompt_templates.template import Registry, Version
from antiphon_mockserver.prompt_templates.variables import PromptRequest
from antiphon_mockserver.response.identity import owner_of_item
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.server import conversations
from antiphon_mockserver.server.context import Request, ServerContext, Turn
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.conversation import Conversation
from antiphon_mockserver.state.record import Record, RequestDetails
from antiphon_mockserver.tool_servers import ToolServer
from antiphon_spec.loading.late import late_function

if TYPE_CHECKING:
    from antiphon_mockserver.api.attachments import stores_of, with_files
else:  # few requests name files
    stores_of = late_function("antiphon_mockserver.api.attachments", "stores_of")
    with_files = late_function("antiphon_mockserver.api.attachments", "with_files")

CONTINUING = frozenset({"previous_response_id"})
"""The member, besides the input, in which requests of a kind differ."""


def read_turn(server: ServerContext, request: Request, *, checks_pass: bool = False) -> Turn:
    """Returns the turn of a request. Rejects an invalid request with 400.

    Where all else passes the checks, only the input and what it continues are looked at.
    """
    behaviour = server.behaviour
    if checks_pass:
        body = request.body
        details = RequestDetails(request.operation.id, body, server.dialect, library=server.library)
        for examine in server.checks.of(CONTINUING.intersection(body)):
            examine(details)
    else:
        body = check(server, request).body
        reject_unknown_model(server, body.get("model"))
    version: Version | None = None
    servers: tuple[ToolServer, ...] = ()
    messages: Sequence[Item] = ()
    instructions: tuple[Item, ...] = ()
    chain: tuple[Record, ...] = ()
    conversation: Conversation | None = None
    if server.prompts is not None:
        body, version = _fill_prompt(server, server.prompts, body)
        servers = server.prompts.named(body) if version is None else version.servers
    if body.get("prompt") is not None and server.reusable_prompts is not None:
        prompt = behaviour.prompts.reuse(server.reusable_prompts, body)
        body, messages, instructions = prompt.body, prompt.messages, prompt.instructions
    if (previous := body.get("previous_response_id")) is not None:
        chain = _chain(server, previous, request.key)
    if (param := body.get("conversation")) is not None:
        conversation = conversations.find(server, conversations.id_of(param), request.key)
    new_items = read_items(server, request, body.get("input"), conversation)
    items = behaviour.context.join(chain, new_items)
    if conversation is not None:
        body = {**body, "conversation": {"id": conversation.id}}
        items = behaviour.conversations.recall(conversation, items)
    if messages:
        items = (*behaviour.context.normalise(list(messages)), *items)
    names = [*body, *[item.get("type", "") for item in items]]
    if examinations := server.context_checks.of(names):
        details = RequestDetails(
            request.operation.id, body, server.dialect, chain, items, new_items, server.library
        )
        for examine in examinations:
            examine(details)
    model_body = behaviour.context.carry(body, chain)
    companion = server.dialect.companion
    continues = chain or conversation is not None
    may_name_files = companion and (continues or b'"file_id"' in request.content)
    context = Context(
        model_body,
        with_files(server, items, request.key) if may_name_files else items,
        server.dialect,
        server.settings.seed,
        request.key,
        request.headers,
        server.library,
        {tools.label: tools for tools in servers} if servers else {},
        stores_of(server, body, request.key) if companion and body.get("tools") else {},
    )
    return Turn(body, chain, new_items, context, version, conversation, instructions)


def _fill_prompt(
    server: ServerContext, prompts: Registry, body: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Version | None]:
    """The body after its prompt template, and the version of that; without a template, the same body."""
    prompt, behaviour = body.get("prompt"), server.behaviour
    if prompt is None:
        return body, None
    call = PromptRequest(behaviour.prompts.find(prompts, prompt), prompt.get("variables") or {})
    for examine in behaviour.prompts.checks.values():
        examine(call)
    return behaviour.prompts.fill(body, call), call.version


def check(server: ServerContext, request: Request) -> RequestDetails:
    """Returns a request without ignored parameters. Rejects one whose body is invalid."""
    operation, behaviour = request.operation.id, server.behaviour
    body = request.body
    if server.dialect.mock.chat_spellings:
        body = behaviour.requests.read_chat_spelling(body)
    details = RequestDetails(operation, body, server.dialect, library=server.library)
    is_usual = behaviour.requests.ignore_unknown is ignore_unknown
    if is_usual and server.dialect.schemas.names_all(operation, body):
        examinations = server.checks.of(body)
    else:
        known = behaviour.requests.ignore_unknown(details)
        if known is not body:
            details = replace(details, body=known)
        examinations = server.checks.of([*known, DOUBTFUL])
    for examine in examinations:
        examine(details)
    return details


def reject_unknown_model(server: ServerContext, name: str | None) -> None:
    """Rejects a model that does not exist, with 400."""
    if name is None:
        return
    models = server.dialect.models if server.dialect.mock.listed_models else ()
    if not server.behaviour.access.model_exists(name, server.settings.models or models):
        raise invalid(f"The model '{name[:128]}' does not exist.", "model", "model_not_found")


def _chain(server: ServerContext, response_id: str, key: str) -> tuple[Record, ...]:
    """The turns up to the response with this id; only that response must not be deleted."""
    newest = server.record(response_id, key)
    if newest is None or not server.behaviour.context.may_continue(newest):
        message = f"Previous response with id '{response_id}' not found."
        raise invalid(message, "previous_response_id", "previous_response_not_found")
    return server.chain(newest)


def read_items(
    server: ServerContext, request: Request, source: Any, conversation: Conversation | None = None
) -> tuple[Item, ...]:
    """Returns any `input` as items with ids, in place of references the items that they name."""
    known = () if conversation is None else conversation.items
    items = server.behaviour.context.normalise(source)
    prefixes = server.dialect.traits.id_prefixes
    for place, item in enumerate(items):
        kind: str = item.get("type", "")
        if kind == "item_reference":
            item = items[place] = _resolve(server, item, request.key, known)
            kind = item["type"]
        if not item.get("id"):
            prefix = prefixes.get(kind, f"{kind}_")
            items[place] = {"id": request.identity.input_item(prefix, place), **item}
    return tuple(items)


def _resolve(server: ServerContext, item: Item, key: str, known: Sequence[Item]) -> Item:
    """The item that an item refers to: of its conversation, or of a response."""
    target = next((earlier for earlier in known if earlier["id"] == item["id"]), None)
    return server.behaviour.context.resolve(item, target or _find(server, item["id"], key))


def _find(server: ServerContext, item_id: str, key: str) -> Item | None:
    prefix = server.dialect.traits.id_prefixes.get("response", "resp_")
    owner = owner_of_item(item_id, prefix)
    record = server.record(owner, key) if owner else None
    if record is None:
        return None
    return next(
        (item for item in (*record.response["output"], *record.input) if item.get("id") == item_id), None
    )
