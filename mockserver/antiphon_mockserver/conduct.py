"""The server's decisions, one plain callable each.

Handlers only carry out what is decided here, so a `state` mutant is `replace(conduct, decision=other)`:

    @mutant(caught_by="background.a-finished-response-stays-as-it-is")
    def cancels_a_finished_response(conduct: Conduct) -> Conduct:
        \"\"\"Lets a cancel overwrite a response that had already ended.\"\"\"
        return replace(conduct, cancel=lambda record, _step: replace(record, cut=0))

A decision that refuses raises `Denied`. None of them touches the store, a socket or the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver import (
    admission,
    chain,
    checks,
    continuity,
    lifecycle,
    listing,
    models,
    selection,
    strict,
    validation,
)
from antiphon_mockserver.compose import compose
from antiphon_mockserver.errors import envelope, response_not_found
from antiphon_mockserver.knowledge.admission import knowledge, read_filter, without_library
from antiphon_mockserver.knowledge.filters import Filter
from antiphon_mockserver.knowledge.library import Library
from antiphon_mockserver.model import plan
from antiphon_mockserver.model.compaction import compact
from antiphon_mockserver.plan import Completion, Context, Denied, Identity, Plan
from antiphon_mockserver.prompts import filling, variables
from antiphon_mockserver.prompts.insisting import insist
from antiphon_mockserver.prompts.template import Registry, Version
from antiphon_mockserver.prompts.variables import Call
from antiphon_mockserver.queries import read_query
from antiphon_mockserver.record import Asked, Record
from antiphon_mockserver.spelling import respell
from antiphon_mockserver.tokens import count_input
from antiphon_mockserver.truncation import truncate
from antiphon_spec.dialect import Dialect, Traits
from antiphon_spec.document import Document, Operation

Item = dict[str, Any]
Check = Callable[[Asked], None]


@dataclass(frozen=True)
class Conduct:
    """Every decision of the server that a client could notice."""

    authenticate: Callable[[Mapping[str, str], Collection[str]], str]
    """(headers with lower-case names, accepted keys; none = any) -> the key. Refuses with 401."""

    read_body: Callable[[Mapping[str, str], bytes], dict[str, Any]]
    """(headers, raw body) -> the JSON object. Refuses other media types, codings and roots."""

    read_query: Callable[[Operation, Document, Sequence[tuple[str, str]]], dict[str, Any]]
    """(operation, document, name-value pairs) -> typed query parameters with the defaults filled in.
    Refuses what the document does not allow (`limit=0`, `order=up`, `starting_after=-1`)."""

    body_limit: Callable[[int, Dialect], int]
    """(bytes that the settings allow, dialect) -> how many bytes the body of a request may have."""

    respell: Callable[[Mapping[str, Any], Traits], Mapping[str, Any]]
    """(the body as it came, traits) -> the same in the spelling of the Responses API."""

    find_prompt: Callable[[Registry, Mapping[str, Any]], Version]
    """(prompt templates, `prompt` of a request) -> the version that it names. Refuses what is not there."""

    prompt_checks: Mapping[str, Callable[[Call], None]]
    """What makes the variables of a prompt template acceptable, by name, in order."""

    fill: Callable[[Mapping[str, Any], Call], Mapping[str, Any]]
    """(body, the version with its variables) -> the body that the template makes of it."""

    insist: Callable[[Callable[[Context], Plan], Context, Version], Plan]
    """(who answers, Context, version of a template) -> an answer that passes the template's tests."""

    heed: Callable[[Asked], Mapping[str, Any]]
    """(`asked.body`, as it came) -> what of it counts, where unknown parameters are ignored."""

    checks: Mapping[str, Check]
    """What makes a body acceptable, by name, in order; each refuses or passes, and a mutant leaves one out.
    The names stand in `STANDARD` below. They run before the context is loaded: `chain`, `items` are empty."""

    context_checks: Mapping[str, Check]
    """The same for what needs the whole context, in `asked.items` (tool outputs without a call...)."""

    known_model: Callable[[str, Collection[str]], bool]
    """(name, the models that were given with `--model`) -> whether there is such a model."""

    envelope: Callable[[Denied, Dialect], tuple[int, dict[str, Any]]]
    """(why, dialect) -> status and error body."""

    valid_id: Callable[[str], bool]
    """Whether a response id in a path is well formed; otherwise 400."""

    not_found: Callable[[str], Denied]
    """(id) -> what to answer when there is no such response."""

    occurrence: Callable[[int], int]
    """(how many identical requests came before this one) -> the number that enters the ids; so ids differ."""

    keeps: Callable[[Mapping[str, Any]], bool]
    """(create body) -> whether the response is stored."""

    exists: Callable[[Record], bool]
    """Whether a stored record still counts as there (not deleted)."""

    may_see: Callable[[Record, str], bool]
    """(record, key) -> whether the holder of this key may see, continue, cancel or delete it."""

    may_continue: Callable[[Record], bool]
    """Whether a record that exists may be named by `previous_response_id`."""

    carry: Callable[[Mapping[str, Any], Sequence[Record]], Mapping[str, Any]]
    """(create body, chain oldest first) -> the request that the model sees; nothing of earlier ones is
    carried into it (instructions, tools and metadata have to be sent again)."""

    context: Callable[[Sequence[Record], Sequence[Item]], tuple[Item, ...]]
    """(chain oldest first, new input) -> what the model sees: each turn's input and output, then the new."""

    resolve: Callable[[Item, Item | None], Item]
    """(an `item_reference`, the item that it names or None) -> the item. Refuses when it names none."""

    normalise: Callable[[Any], list[Item]]
    """(`input`) -> items in resource form, still without made-up ids; a string is one user message."""

    plan: Callable[[Context], Plan]
    """(Context) -> Plan: what the model says."""

    complete: Callable[[Asked], Completion]
    """(Asked) -> what the library answers to the last message of a chat, in a dialect that has one."""

    compose: Callable[[Plan, Context, Identity, int], dict[str, Any]]
    """(Plan, Context, Identity, created_at) -> the final response object."""

    first_step: Callable[[Mapping[str, Any], int], int]
    """(create body, last step) -> the step that a create without stream shows: 0 in the background."""

    observe: Callable[[Record, Sequence[int]], int]
    """(record, steps at which the status changes) -> the step that the next GET shows, in virtual time."""

    may_cancel: Callable[[Record], None]
    """Refuses to cancel what does not run in the background."""

    cancel: Callable[[Record, int], Record]
    """(record, last step) -> the record after the cancel; one that has ended stays as it is."""

    may_resume: Callable[[Record], None]
    """Refuses to stream again what was not created with both `background` and `stream`."""

    resume: Callable[[Sequence[Mapping[str, Any]], int | None], Sequence[Mapping[str, Any]]]
    """(all events, `starting_after`) -> the events to send again."""

    delete: Callable[[Record], Record]
    """(record) -> the record after its deletion."""

    deletion_body: Callable[[str], dict[str, Any]]
    """(id) -> the body that answers a delete."""

    list_input: Callable[[Record, Sequence[Record]], Sequence[Item]]
    """(record, its chain oldest first) -> the input items to list, in the order of the context."""

    list_conversation: Callable[[Sequence[Record]], Sequence[Item]]
    """(a record behind its chain, oldest first) -> the items to list where a whole conversation is listed."""

    arrange: Callable[[Sequence[Item], str], list[Item]]
    """(items, `asc` or `desc`) -> in that order."""

    follow: Callable[[Sequence[Item], str | None], list[Item]]
    """(arranged items, `after`) -> those behind it. Refuses an `after` that names none of them."""

    page: Callable[[Sequence[Item], int], dict[str, Any]]
    """(what remains, `limit`) -> the list object: `data`, `first_id`, `last_id`, `has_more`."""

    select: Callable[[Sequence[Item], Mapping[str, Any]], list[Item]]
    """(what could be listed, query) -> what passes the query, in the order that it asks for."""

    cut_out: Callable[[Sequence[Item], int, int], dict[str, Any]]
    """(all that was selected, `offset`, `limit`) -> the list object of one page."""

    read_filter: Callable[[str, Library], Filter]
    """(`filter` of a query, library) -> the criteria for files. Refuses what is none."""

    count_tokens: Callable[[Context], int]
    """(Context) -> the number of input tokens."""

    compact: Callable[[Context, Identity, int], dict[str, Any]]
    """(Context, Identity, created_at) -> the answer to compaction."""

    truncate: Callable[[Context, int], Context]
    """(context, its input tokens) -> the context that goes to the model. Refuses one that is too long
    (`truncation: disabled`), or drops its oldest items (`auto`)."""


STANDARD = Conduct(
    authenticate=admission.authenticate,
    read_body=admission.read_body,
    read_query=read_query,
    body_limit=lambda limit, dialect: min(limit, dialect.traits.body_limit or limit),
    respell=respell,
    find_prompt=filling.find,
    prompt_checks={
        "schema_exists": variables.schema_exists,
        "texts_are_templates": variables.texts_are_templates,
        "none_is_missing": variables.none_is_missing,
        "none_is_unused": variables.none_is_unused,
        "schema_holds": variables.schema_holds,
        "rules_hold": variables.rules_hold,
    },
    fill=filling.fill,
    insist=insist,
    heed=validation.heed,
    checks={
        "schema": validation.schema,
        "unknown": validation.unknown,
        "required": checks.required,
        "identifiers": checks.identifiers,
        "limits": checks.limits,
        "conflicts": checks.conflicts,
        "tool_names": checks.tool_names,
        "tool_choice": checks.tool_choice,
        "tool_schemas": strict.tool_schemas,
        "format_schema": strict.format_schema,
        "knowledge": knowledge,
    },
    context_checks={
        "outputs_have_calls": continuity.outputs_have_calls,
        "calls_have_outputs": continuity.calls_have_outputs,
        "reasoning_has_its_item": continuity.reasoning_has_its_item,
        "json_is_mentioned": continuity.json_is_mentioned,
        "triggers_come_last": continuity.triggers_come_last,
    },
    known_model=models.is_served,
    envelope=envelope,
    valid_id=checks.is_id,
    not_found=response_not_found,
    occurrence=lambda before: before,
    keeps=lifecycle.keeps,
    exists=lifecycle.exists,
    may_see=lifecycle.may_see,
    may_continue=lifecycle.may_continue,
    carry=chain.carry,
    context=chain.context,
    resolve=chain.resolve,
    normalise=chain.normalise,
    plan=plan,
    complete=without_library,
    compose=compose,
    first_step=lifecycle.first_step,
    observe=lifecycle.observe,
    may_cancel=lifecycle.may_cancel,
    cancel=lifecycle.cancel,
    may_resume=lifecycle.may_resume,
    resume=lifecycle.resume,
    delete=lifecycle.delete,
    deletion_body=lifecycle.deletion_body,
    list_input=listing.list_input,
    list_conversation=listing.list_conversation,
    arrange=listing.arrange,
    follow=listing.follow,
    page=listing.page,
    select=selection.select,
    cut_out=selection.cut_out,
    read_filter=read_filter,
    count_tokens=count_input,
    compact=compact,
    truncate=truncate,
)
"""How a server behaves that makes no mistakes."""
