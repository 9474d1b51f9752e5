"""From a request to what the model sees: checks, the chain that it continues, the whole context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.answer import Incoming
from antiphon_mockserver.chain import is_reference
from antiphon_mockserver.errors import invalid
from antiphon_mockserver.house import House
from antiphon_mockserver.identity import owner_of_item
from antiphon_mockserver.plan import Context, Item
from antiphon_mockserver.prompts.template import Version
from antiphon_mockserver.prompts.variables import Call
from antiphon_mockserver.record import Asked, Record
from antiphon_mockserver.toolservers import ToolServer


@dataclass(frozen=True, slots=True)
class Turn:
    """A request that is in order, with all that it builds upon."""

    body: Mapping[str, Any]
    """What of the request's body counts."""
    chain: tuple[Record, ...]
    """The responses that it continues, oldest first."""
    input: tuple[Item, ...]
    """Its own input."""
    context: Context
    alone: bool
    """Whether it builds upon nothing but itself."""
    version: Version | None = None
    """The version of a prompt template that made it."""


def take(house: House, incoming: Incoming) -> Turn:
    """The turn that a request asks for. Refuses whatever is not in order."""
    conduct = house.conduct
    body = check(house, incoming).body
    refuse_unknown_model(house, body.get("model"))
    body, version = _filled(house, body)
    chain = _chain(house, body.get("previous_response_id"), incoming.key)
    given = conduct.normalise(body.get("input"))
    servers = version.servers if version is not None else _servers(house, body)
    lasting = all(server.is_deterministic for server in servers)
    alone = lasting and not chain and not any(map(is_reference, given))
    own = tuple(_identified(house, incoming, [_resolved(house, item, incoming.key) for item in given]))
    items = conduct.context(chain, own)
    asked = Asked(incoming.operation.id, body, house.dialect, chain, items, own, house.library)
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
    return Turn(body, chain, own, context, alone, version)


def _servers(house: House, body: Mapping[str, Any]) -> tuple[ToolServer, ...]:
    """The servers of tools that a request names by itself."""
    if house.prompts is None:
        return ()
    labels = (tool["server_label"] for tool in body.get("tools") or () if tool.get("type") == "mcp")
    return tuple(map(house.prompts.server, dict.fromkeys(labels)))


def _filled(house: House, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Version | None]:
    """The body that a prompt template makes of this one, and the version of it; or this one."""
    prompt, conduct = body.get("prompt"), house.conduct
    if house.prompts is None or prompt is None:
        return body, None
    call = Call(conduct.find_prompt(house.prompts, prompt), prompt.get("variables") or {})
    for examine in conduct.prompt_checks.values():
        examine(call)
    return conduct.fill(body, call), call.version


def check(house: House, incoming: Incoming) -> Asked:
    """What of a request counts. Refuses one that its own content makes unacceptable."""
    operation, conduct = incoming.operation.id, house.conduct
    body = conduct.respell(incoming.body, house.dialect.traits)
    body = conduct.heed(Asked(operation, body, house.dialect))
    asked = Asked(operation, body, house.dialect, library=house.library)
    for examine in conduct.checks.values():
        examine(asked)
    return asked


def refuse_unknown_model(house: House, name: str | None) -> None:
    """Refuses a model that is not served."""
    listed = house.dialect.models if house.dialect.traits.listed_models else ()
    if name is not None and not house.conduct.known_model(name, house.settings.models or listed):
        raise invalid(f"The model '{name[:128]}' does not exist.", "model", "model_not_found")


def _chain(house: House, id: str | None, key: str) -> tuple[Record, ...]:
    """The response of this id behind its ancestors; these may be deleted, the response may not."""
    if id is None:
        return ()
    newest = house.record(id, key)
    if newest is None or not house.conduct.may_continue(newest):
        message = f"Previous response with id '{id}' not found."
        raise invalid(message, "previous_response_id", "previous_response_not_found")
    return house.chain(newest)


def _resolved(house: House, item: Item, key: str) -> Item:
    """The item itself, or the one that it refers to."""
    return house.conduct.resolve(item, _find(house, item["id"], key)) if is_reference(item) else item


def _find(house: House, id: str, key: str) -> Item | None:
    prefix = house.dialect.traits.id_prefixes.get("response", "resp_")
    owner = owner_of_item(id, prefix)
    record = house.record(owner, key) if owner else None
    if record is None:
        return None
    return next((item for item in (*record.response["output"], *record.input) if item.get("id") == id), None)


def _identified(house: House, incoming: Incoming, items: Sequence[Item]) -> Iterator[Item]:
    """The items, those without an id with one."""
    prefixes = house.dialect.traits.id_prefixes
    for index, item in enumerate(items):
        if item.get("id"):
            yield item
        else:
            kind = item["type"]
            yield {"id": incoming.identity.input_item(prefixes.get(kind, f"{kind}_"), index), **item}
