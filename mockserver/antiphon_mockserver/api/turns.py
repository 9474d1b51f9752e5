"""Builds the context of the model from a request: checks, earlier turns, the new input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.behaviour.chain import is_reference
from antiphon_mockserver.prompt_templates.template import Version
from antiphon_mockserver.prompt_templates.variables import Call
from antiphon_mockserver.response.identity import owner_of_item
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.server.context import House
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.exchange import Incoming
from antiphon_mockserver.state.record import Asked, Record
from antiphon_mockserver.tool_servers import ToolServer


@dataclass(frozen=True, slots=True)
class Turn:
    """A valid request, with everything that it builds upon."""

    body: Mapping[str, Any]
    """The body of the request, without ignored parameters."""
    chain: tuple[Record, ...]
    """The responses that it continues, oldest first."""
    input: tuple[Item, ...]
    """The new input."""
    context: Context
    alone: bool
    """Whether the request depends on nothing but itself."""
    version: Version | None = None
    """The version of the prompt template that the request uses, or None."""


def read_turn(house: House, incoming: Incoming) -> Turn:
    """Returns the turn of a request. Rejects an invalid request with 400."""
    conduct = house.conduct
    body = check(house, incoming).body
    reject_unknown_model(house, body.get("model"))
    body, version = _fill_prompt(house, body)
    chain = _chain(house, body.get("previous_response_id"), incoming.key)
    inputs = conduct.normalise(body.get("input"))
    servers = version.servers if version is not None else _servers(house, body)
    lasting = all(server.is_deterministic for server in servers)
    alone = lasting and not chain and not any(map(is_reference, inputs))
    new_items = tuple(_with_ids(house, incoming, [_resolve(house, item, incoming.key) for item in inputs]))
    items = conduct.context(chain, new_items)
    asked = Asked(incoming.operation.id, body, house.dialect, chain, items, new_items, house.library)
    for examine in conduct.context_checks.values():
        examine(asked)
    request = conduct.carry(body, chain)
    context = Context(
        request,
        items,
        house.dialect,
        house.settings.seed,
        incoming.key,
        incoming.headers,
        house.library,
        {server.label: server for server in servers},
    )
    return Turn(body, chain, new_items, context, alone, version)


def _servers(house: House, body: Mapping[str, Any]) -> tuple[ToolServer, ...]:
    """The tool servers that the request itself names."""
    if house.prompts is None:
        return ()
    labels = (tool["server_label"] for tool in body.get("tools") or () if tool.get("type") == "mcp")
    return tuple(map(house.prompts.server, dict.fromkeys(labels)))


def _fill_prompt(house: House, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Version | None]:
    """The body after its prompt template, and the version of that; without a template, the same body."""
    prompt, conduct = body.get("prompt"), house.conduct
    if house.prompts is None or prompt is None:
        return body, None
    call = Call(conduct.find_prompt(house.prompts, prompt), prompt.get("variables") or {})
    for examine in conduct.prompt_checks.values():
        examine(call)
    return conduct.fill(body, call), call.version


def check(house: House, incoming: Incoming) -> Asked:
    """Returns a request without ignored parameters. Rejects one whose body is invalid."""
    operation, conduct = incoming.operation.id, house.conduct
    body = conduct.respell(incoming.body, house.dialect.traits)
    body = conduct.heed(Asked(operation, body, house.dialect))
    asked = Asked(operation, body, house.dialect, library=house.library)
    for examine in conduct.checks.values():
        examine(asked)
    return asked


def reject_unknown_model(house: House, name: str | None) -> None:
    """Rejects a model that does not exist, with 400."""
    models = house.dialect.models if house.dialect.traits.listed_models else ()
    if name is not None and not house.conduct.model_exists(name, house.settings.models or models):
        raise invalid(f"The model '{name[:128]}' does not exist.", "model", "model_not_found")


def _chain(house: House, response_id: str | None, key: str) -> tuple[Record, ...]:
    """The turns up to the response with this id; only that response must not be deleted."""
    if response_id is None:
        return ()
    newest = house.record(response_id, key)
    if newest is None or not house.conduct.may_continue(newest):
        message = f"Previous response with id '{response_id}' not found."
        raise invalid(message, "previous_response_id", "previous_response_not_found")
    return house.chain(newest)


def _resolve(house: House, item: Item, key: str) -> Item:
    """The item itself, or the item that it refers to."""
    return house.conduct.resolve(item, _find(house, item["id"], key)) if is_reference(item) else item


def _find(house: House, item_id: str, key: str) -> Item | None:
    prefix = house.dialect.traits.id_prefixes.get("response", "resp_")
    owner = owner_of_item(item_id, prefix)
    record = house.record(owner, key) if owner else None
    if record is None:
        return None
    return next(
        (item for item in (*record.response["output"], *record.input) if item.get("id") == item_id), None
    )


def _with_ids(house: House, incoming: Incoming, items: Sequence[Item]) -> Iterator[Item]:
    """The items, with new ids for those without one."""
    prefixes = house.dialect.traits.id_prefixes
    for index, item in enumerate(items):
        if item.get("id"):
            yield item
        else:
            kind = item["type"]
            yield {"id": incoming.identity.input_item(prefixes.get(kind, f"{kind}_"), index), **item}
