"""Response objects with fewer, more or other members than those of the mock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.response.plan import Context
from antiphon_mockserver.variations import DOCUMENTS, EVERY, ITEMS, STORES, variation
from antiphon_mockserver.variations.edits import Json, accepting_back, on_final, output
from antiphon_spec.dialect import Dialect
from antiphon_spec.schema import Validator

KEPT = frozenset({"type", "object", "id", "status", "role", "call_id", "usage", "output"})
"""Members that tell one object from another, or that a response has at its end."""


def _validator(dialect: Dialect) -> Validator:
    validator = dialect.schemas.body(dialect.create_operation)
    if validator is None:
        raise ValueError(f"{dialect.name} has no schema of a response")
    return validator


def _objects(value: Any) -> Iterator[Json]:
    """Every object in a value, the outer ones first."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _objects(member)
    elif isinstance(value, list):
        for element in value:
            yield from _objects(element)


def _try(holder: Json, name: str, response: Json, validator: Validator, **replacement: Any) -> None:
    """Drops or replaces a member, when the schema allows the response without it."""
    before = {**holder}
    del holder[name]
    holder.update(replacement)
    if not validator.is_valid(response):
        holder.clear()
        holder.update(before)


@variation("state.omits-optional-members", fits=STORES)
def omits_optional_members(behaviour: Behaviour) -> Behaviour:
    """Leaves out the members of the response that have their default, and the empty ones of its items.

    The schema of the answer says which members are required; none of these is.
    """

    def thin(response: Json, context: Context) -> None:
        validator = _validator(context.dialect)
        defaults = context.dialect.traits.response
        for name in [name for name in response if name not in KEPT and name not in context.request]:
            if response[name] in (None, defaults.get(name)):
                _try(response, name, response, validator)
        for item in output(response):
            for name in [name for name, value in item.items() if value is None and name not in KEPT]:
                _try(item, name, response, validator)

    return on_final(thin)(behaviour)


PARAMETERS = ("previous_response_id", "truncation", "background", "max_output_tokens", "max_tool_calls",
              "safety_identifier", "prompt_cache_key", "reasoning", "text", "top_logprobs")  # fmt: skip


@variation("state.reports-no-optional-parameter", fits=("bud", "openai"))
def reports_no_optional_parameter(behaviour: Behaviour) -> Behaviour:
    """Does what the parameters of the request ask for, and leaves the optional ones out of the response.

    The schema of the answer says which members are required; none of these is.
    """

    def thin(response: Json, context: Context) -> None:
        validator = _validator(context.dialect)
        for name in PARAMETERS:
            if name in response:
                _try(response, name, response, validator)

    return on_final(thin)(behaviour)


@variation("state.reports-null-for-its-limits", fits=DOCUMENTS)
def reports_null_for_its_limits(behaviour: Behaviour) -> Behaviour:
    """Sends null for limits and identifiers of the request, where the schema requires or allows them.

    Open Responses lets a server echo them or send null; no sentence of OpenAI's demands the value.
    """

    def blank(response: Json, _context: Context) -> None:
        for name in ("max_output_tokens", "max_tool_calls", "safety_identifier", "prompt_cache_key"):
            if name in response:
                response[name] = None

    return on_final(blank)(behaviour)


@variation("state.leaves-strict-open", fits=("openai",))
def leaves_strict_open(behaviour: Behaviour) -> Behaviour:
    """Sends `strict: null` for a function that the request sends without `strict`.

    The schema of a function tool allows null; what OpenAI tries in its place is its own affair.
    """

    def open_up(response: Json, context: Context) -> None:
        loose = {
            tool.get("name") for tool in context.request.get("tools") or () if tool.get("strict") is None
        }
        for tool in response.get("tools") or ():
            if tool.get("type") == "function" and tool.get("name") in loose:
                tool["strict"] = None

    return on_final(open_up)(behaviour)


@variation("state.omits-null-members", fits=STORES)
def omits_null_members(behaviour: Behaviour) -> Behaviour:
    """Leaves out the members of a response that are null, where the schema does not require them.

    The schema of the answer says which members are required.
    """

    def thin(response: Json, context: Context) -> None:
        validator = _validator(context.dialect)
        for name in [name for name, value in response.items() if value is None]:
            _try(response, name, response, validator)

    return on_final(thin)(behaviour)


@variation("state.echoes-null-for-omitted-members", fits=ITEMS)
def echoes_null_for_omitted_members(behaviour: Behaviour) -> Behaviour:
    """Sends null, and no default, for each parameter that the request left out, where the schema allows null.

    The schema of the answer says which members may be null.
    """

    def blank(response: Json, context: Context) -> None:
        validator = _validator(context.dialect)
        for name in [*response]:
            is_ours = name in {*KEPT, "created_at", "completed_at", "model", "error",
                               "incomplete_details", "background", "store"}  # fmt: skip
            if not is_ours and context.request.get(name) is None:
                _try(response, name, response, validator, **{name: None})

    return on_final(blank)(behaviour)


@variation("state.dates-the-end-of-a-cut-response", fits=("openresponses",))
def dates_the_end_of_a_cut_response(behaviour: Behaviour) -> Behaviour:
    """Sets `completed_at` in a response that ended incomplete.

    Open Responses says "if it was completed", and allows a time beside any status.
    """

    def date(response: Json, _context: Context) -> None:
        if response["status"] == "incomplete":
            response["completed_at"] = response["created_at"] + 1

    return on_final(date)(behaviour)


@variation("state.adds-members", fits=EVERY)
def adds_members(behaviour: Behaviour) -> Behaviour:
    """Adds members that no document has to the response, its items, their parts and its usage.

    OpenAI calls new members a compatible change, and Open Responses has clients ignore them.
    """

    def add(response: Json, _context: Context) -> None:
        response["x_provider"] = "acme"
        for item in output(response):
            for node in [*_objects(item)]:
                if "type" in node:
                    node["x_score"] = 0.5

    return accepting_back(on_final(add)(behaviour), _without_additions)


def _without_additions(value: Any) -> Any:
    """A value without the members that the variation adds."""
    if isinstance(value, dict):
        return {name: _without_additions(member) for name, member in value.items() if name != "x_score"}
    return [*map(_without_additions, value)] if isinstance(value, list) else value


@variation("state.counts-more-kinds-of-tokens", fits=ITEMS)
def counts_more_kinds_of_tokens(behaviour: Behaviour) -> Behaviour:
    """Adds details to `usage`: tokens of audio and images, and the cost.

    OpenAI calls new members a compatible change, and Open Responses has clients ignore them.
    """

    def add(response: Json, _context: Context) -> None:
        usage = response.get("usage")
        if usage:
            usage["cost"] = 0.00012
            usage["input_tokens_details"] |= {"audio_tokens": 0, "image_tokens": 0}
            usage["output_tokens_details"] |= {"accepted_prediction_tokens": 0}

    return on_final(add)(behaviour)


@variation("state.has-cached-the-input", fits=ITEMS)
def has_cached_the_input(behaviour: Behaviour) -> Behaviour:
    """Counts all input tokens but one as cached, already at the first request.

    The count says what the server did; other clients may have sent the same text before.
    """

    def cache(response: Json, _context: Context) -> None:
        usage = response.get("usage")
        if usage:
            usage["input_tokens_details"]["cached_tokens"] = max(usage["input_tokens"] - 1, 0)

    return on_final(cache)(behaviour)


@variation("state.echoes-tools-with-defaults", fits=DOCUMENTS)
def echoes_tools_with_defaults(behaviour: Behaviour) -> Behaviour:
    """Adds to each tool in the response the members that the request left out, with their defaults.

    The response has the tools as the server reads them; both documents name the defaults.
    """
    defaults: dict[str, Json] = {"function": {"description": None, "parameters": None, "strict": True},
                "web_search": {"search_context_size": "medium", "user_location": None}}  # fmt: skip

    def fill(response: Json, _context: Context) -> None:
        response["tools"] = [
            {**defaults.get(tool["type"], {}), **tool} for tool in response.get("tools") or ()
        ]

    return on_final(fill)(behaviour)


@variation("state.has-a-newer-service-tier", fits=DOCUMENTS)
def has_a_newer_service_tier(behaviour: Behaviour) -> Behaviour:
    """Answers from a service tier that is newer than our document, when the request names none.

    OpenAI calls new values of such members a compatible change.
    """

    def name(response: Json, context: Context) -> None:
        if context.request.get("service_tier") in (None, "auto"):
            response["service_tier"] = "turbo"

    return on_final(name)(behaviour)


@variation("state.writes-whole-numbers", fits=ITEMS)
def writes_whole_numbers(behaviour: Behaviour) -> Behaviour:
    """Sends 1 and not 1.0 for a temperature of one.

    RFC 8259, 6: JSON has one kind of number.
    """

    def write(response: Json, _context: Context) -> None:
        for name, value in response.items():
            if isinstance(value, float) and value.is_integer():
                response[name] = int(value)

    return on_final(write)(behaviour)


@variation("state.writes-out-empty-members", fits=("openai",))
def writes_out_empty_members(behaviour: Behaviour) -> Behaviour:
    """Sends null for optional members of calls and tools that have no value, and for an omitted `strict`.

    Released clients read null and absence alike; the schema of `strict` has null.
    """

    def write_out(response: Json, context: Context) -> None:
        asked = {tool.get("name"): tool for tool in context.request.get("tools") or ()}
        for tool in response["tools"] or ():
            if tool.get("type") == "function":
                tool.setdefault("defer_loading", None)
                if asked.get(tool["name"], {}).get("strict") is None:
                    tool["strict"] = None
        for item in output(response):
            if item["type"] == "function_call":
                item.setdefault("namespace", None)

    def without_nulls(item: Json) -> Json:
        return {name: value for name, value in item.items() if name != "namespace" or value is not None}

    return accepting_back(on_final(write_out)(behaviour), without_nulls)
