"""The decisions of the server, one callable each, by subject.

Handlers only carry these decisions out, so a `state` mutant replaces one of them:

    @mutant("state.overwrites-the-end", caught_by="background.a-finished-response-stays-as-it-is")
    def overwrites_the_end(behaviour: Behaviour) -> Behaviour:
        \"\"\"Lets a cancel overwrite a response that had already ended.\"\"\"
        progress = replace(behaviour.progress, cancel=lambda record, _step: replace(record, cut=0))
        return replace(behaviour, progress=progress)

A decision that rejects a request raises `ApiError`. No decision uses the store, a socket or the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from antiphon_mockserver.behaviour import access, checks, context, conversations, lists
from antiphon_mockserver.behaviour.chat_spelling import read_chat_spelling
from antiphon_mockserver.behaviour.progress import PROGRESS, ProgressDecisions
from antiphon_mockserver.behaviour.queries import read_query
from antiphon_mockserver.behaviour.sockets import SOCKETS, SocketDecisions
from antiphon_mockserver.behaviour.webhooks import WEBHOOKS, WebhookDecisions
from antiphon_mockserver.model import plan
from antiphon_mockserver.model.reading import compact
from antiphon_mockserver.prompt_templates import filling, variables
from antiphon_mockserver.prompt_templates.retries import retry_until_valid
from antiphon_mockserver.prompt_templates.reusable import Filling, reuse
from antiphon_mockserver.prompt_templates.template import Registry, Template, Version
from antiphon_mockserver.prompt_templates.variables import PromptRequest
from antiphon_mockserver.response import identity, timeline
from antiphon_mockserver.response.compose import compose
from antiphon_mockserver.response.plan import ApiError, Completion, Context, IdSource, Plan
from antiphon_mockserver.response.tokens import count_input
from antiphon_mockserver.server.errors import envelope, response_not_found
from antiphon_mockserver.state.conversation import Conversation
from antiphon_mockserver.state.record import Record, RequestDetails, Resource
from antiphon_mockserver.video_library.filters import Filter
from antiphon_mockserver.video_library.library import Library
from antiphon_mockserver.video_library.validation import read_filter, without_library
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Document, Operation
from antiphon_spec.loading.construction import dataclass

Item = dict[str, Any]
Check = Callable[[RequestDetails], None]


@dataclass(frozen=True)
class AccessDecisions:
    """Who may do what."""

    authenticate: Callable[[Mapping[str, str], Collection[str]], str]
    """(headers with lower-case names, accepted keys; none = any) -> the key. Rejects with 401."""

    may_see: Callable[[Record | Resource | Conversation, str], bool]
    """(record, key) -> whether this key may see, continue, cancel or delete it."""

    model_exists: Callable[[str, Collection[str]], bool]
    """(name, the models of `--model`) -> whether this model exists."""


@dataclass(frozen=True)
class RequestDecisions:
    """How a request is read and checked."""

    body_limit: Callable[[int, Dialect], int]
    """(limit of the settings in bytes, dialect) -> how many bytes the body of a request may have."""

    read_body: Callable[[Mapping[str, str], bytes], dict[str, Any]]
    """(headers, raw body) -> the JSON object. Rejects other media types, encodings and roots."""

    read_query: Callable[[Operation, Document, Sequence[tuple[str, str]]], dict[str, Any]]
    """(operation, document, name-value pairs) -> typed query parameters, defaults included.
    Rejects values that the document does not allow (`limit=0`, `order=up`, `starting_after=-1`)."""

    read_chat_spelling: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """(the body as received, in a dialect with the spelling of Chat) -> the same in that of Responses."""

    ignore_unknown: Callable[[RequestDetails], Mapping[str, Any]]
    """(request) -> its body without the parameters that the dialect ignores."""

    checks: Mapping[str, Check]
    """Checks of the body, by name, in order; each rejects or passes, and a mutant removes one.
    `STANDARD` below has the names. They run before the context is loaded: `chain` and `items` are empty."""

    context_checks: Mapping[str, Check]
    """Checks that need the whole context in `items`, such as tool outputs without a call."""

    occurrence: Callable[[int], int]
    """(number of identical requests before this one) -> the number that makes the ids of this one unique."""


@dataclass(frozen=True)
class PromptDecisions:
    """How a prompt template becomes a request."""

    find: Callable[[Registry, Mapping[str, Any]], Version]
    """(prompt templates, `prompt` of a request) -> the version that it names. Rejects an unknown one."""

    checks: Mapping[str, Callable[[PromptRequest], None]]
    """Checks of the variables of a prompt template, by name, in order; each rejects or passes."""

    fill: Callable[[Mapping[str, Any], PromptRequest], Mapping[str, Any]]
    """(body, the version with its variables) -> the body that the template builds from it."""

    reuse: Callable[[Mapping[str, Template], Mapping[str, Any]], Filling]
    """(reusable prompts, body) -> the body, the messages and the echo of the one that it names."""

    retry_until_valid: Callable[[Callable[[Context], Plan], Context, Version], Plan]
    """(planner, Context, version of a template) -> a plan that passes the tests of the template."""


@dataclass(frozen=True)
class ContextDecisions:
    """What the model sees."""

    normalise: Callable[[Any], list[Item]]
    """(`input`) -> items in resource form, before missing ids are filled in; a string is one user message."""

    resolve: Callable[[Item, Item | None], Item]
    """(an `item_reference`, the item that it names or None) -> the item. Rejects a reference to no item."""

    may_continue: Callable[[Record], bool]
    """(record that exists) -> whether `previous_response_id` may name it."""

    join: Callable[[Sequence[Record], Sequence[Item]], tuple[Item, ...]]
    """(chain oldest first, new input) -> what the model sees: earlier turns, then the new input."""

    carry: Callable[[Mapping[str, Any], Sequence[Record]], Mapping[str, Any]]
    """(create body, chain oldest first) -> the request that the model sees. It inherits nothing from earlier
    requests; clients send instructions, tools and metadata again."""

    truncate: Callable[[Context, int], Context]
    """(context, its input tokens) -> the context for the model. When it is too long, rejects it
    (`truncation: disabled`) or drops its oldest items (`auto`)."""


@dataclass(frozen=True)
class ConversationDecisions:
    """What a conversation holds, and what responses see of it and add to it."""

    not_found: Callable[[str], ApiError]
    """(id) -> the error for a conversation that does not exist."""

    reject_locked: Callable[[Conversation], None]
    """(conversation) -> None. Rejects a further response while one runs."""

    recall: Callable[[Conversation, Sequence[Item]], tuple[Item, ...]]
    """(conversation, new input) -> what the model sees."""

    additions: Callable[[Mapping[str, Any], Sequence[Item], Mapping[str, Any]], Sequence[Item]]
    """(create body, new input, final response) -> the items that the response adds at its end."""

    add: Callable[[Conversation, Sequence[Item]], Conversation]
    """(conversation, items) -> the conversation with these items at its end."""

    take_out: Callable[[Conversation, str], Conversation]
    """(conversation, id of an item) -> the conversation without it."""

    describe: Callable[[Conversation, Mapping[str, Any] | None], Conversation]
    """(conversation, metadata) -> the conversation with this metadata."""

    delete: Callable[[Conversation], Conversation]
    """(conversation) -> the conversation after its deletion."""

    deletion_body: Callable[[str], dict[str, Any]]
    """(id) -> the body that answers a delete."""


@dataclass(frozen=True)
class ModelDecisions:
    """What the model answers."""

    plan: Callable[[Context], Plan]
    """(Context) -> Plan: the answer of the model."""

    complete: Callable[[RequestDetails], Completion]
    """(request) -> the library's answer to the last message of a chat, in a dialect with a library."""

    compose: Callable[[Plan, Context, IdSource, int], dict[str, Any]]
    """(Plan, Context, IdSource, created_at) -> the final response object."""

    count_tokens: Callable[[Context], int]
    """(Context) -> the number of input tokens."""

    compact: Callable[[Context, IdSource, int], dict[str, Any]]
    """(Context, IdSource, created_at) -> the answer to compaction."""


@dataclass(frozen=True)
class StorageDecisions:
    """What is stored, and for how long."""

    keeps: Callable[[Mapping[str, Any]], bool]
    """(create body) -> whether the response is stored."""

    exists: Callable[[Record], bool]
    """(record) -> whether it still exists, so was not deleted."""

    is_valid_id: Callable[[str], bool]
    """(id in a path) -> whether it is well formed; if not, the answer is a 400."""

    delete: Callable[[Record], Record]
    """(record) -> the record after its deletion."""

    deletion_body: Callable[[str], dict[str, Any]]
    """(id) -> the body that answers a delete."""


@dataclass(frozen=True)
class ListDecisions:
    """What a list has, in which order, and how it is cut into pages."""

    input: Callable[[Record, Sequence[Record]], Sequence[Item]]
    """(record, its chain oldest first) -> the input items to list, in the order of the context."""

    conversation: Callable[[Sequence[Record]], Sequence[Item]]
    """(a record after its chain, oldest first) -> the items to list where a list covers the conversation."""

    arrange: Callable[[Sequence[Item], str], list[Item]]
    """(items, `asc` or `desc`) -> the items in that order."""

    follow: Callable[[Sequence[Item], str | None], list[Item]]
    """(sorted items, `after`) -> the items after that one. Rejects an `after` that names none of them."""

    page: Callable[[Sequence[Item], int], dict[str, Any]]
    """(remaining items, `limit`) -> the list object: `data`, `first_id`, `last_id`, `has_more`."""

    select: Callable[[Sequence[Item], Mapping[str, Any]], list[Item]]
    """(candidates, query) -> the items that pass the query, in the order of the query."""

    cut: Callable[[Sequence[Item], int, int], dict[str, Any]]
    """(selected items, `offset`, `limit`) -> the list object of one page."""

    read_filter: Callable[[str, Library], Filter]
    """(`filter` of a query, library) -> the criteria for files. Rejects text that is not a filter."""


@dataclass(frozen=True)
class ErrorDecisions:
    """What an error looks like."""

    envelope: Callable[[ApiError, Dialect], tuple[int, dict[str, Any]]]
    """(error, dialect) -> status and error body."""

    not_found: Callable[[str], ApiError]
    """(id) -> the error for a response that does not exist."""


@dataclass(frozen=True)
class Behaviour:
    """Every decision of the server that a client could notice, by subject."""

    access: AccessDecisions
    requests: RequestDecisions
    prompts: PromptDecisions
    context: ContextDecisions
    conversations: ConversationDecisions
    model: ModelDecisions
    storage: StorageDecisions
    progress: ProgressDecisions
    lists: ListDecisions
    errors: ErrorDecisions
    sockets: SocketDecisions
    webhooks: WebhookDecisions


STANDARD = Behaviour(
    access=AccessDecisions(
        authenticate=access.authenticate,
        may_see=timeline.may_see,
        model_exists=access.is_served,
    ),
    requests=RequestDecisions(
        body_limit=access.body_limit,
        read_body=access.read_body,
        read_query=read_query,
        read_chat_spelling=read_chat_spelling,
        ignore_unknown=checks.ignore_unknown,
        checks={
            "schema": checks.schema,
            "unknown": checks.unknown,
            "required": checks.required,
            "identifiers": checks.identifiers,
            "limits": checks.limits,
            "conflicts": checks.conflicts,
            "tool_names": checks.tool_names,
            "tool_choice": checks.tool_choice,
            "tool_schemas": checks.tool_schemas,
            "format_schema": checks.format_schema,
        },
        context_checks={
            "outputs_have_calls": context.outputs_have_calls,
            "calls_have_outputs": context.calls_have_outputs,
            "approvals_have_requests": context.approvals_have_requests,
            "reasoning_has_its_item": context.reasoning_has_its_item,
            "json_is_mentioned": context.json_is_mentioned,
            "triggers_come_last": context.triggers_come_last,
        },
        occurrence=identity.occurrence,
    ),
    prompts=PromptDecisions(
        find=filling.find,
        checks={
            "schema_exists": variables.schema_exists,
            "texts_are_templates": variables.texts_are_templates,
            "none_is_missing": variables.none_is_missing,
            "none_is_unused": variables.none_is_unused,
            "schema_holds": variables.schema_holds,
            "rules_hold": variables.rules_hold,
        },
        fill=filling.fill,
        reuse=reuse,
        retry_until_valid=retry_until_valid,
    ),
    context=ContextDecisions(
        normalise=context.normalise,
        resolve=context.resolve,
        may_continue=timeline.may_continue,
        join=context.join,
        carry=context.carry,
        truncate=context.truncate,
    ),
    conversations=ConversationDecisions(
        not_found=conversations.not_found,
        reject_locked=conversations.reject_locked,
        recall=conversations.recall,
        additions=conversations.additions,
        add=conversations.add,
        take_out=conversations.take_out,
        describe=conversations.describe,
        delete=conversations.delete,
        deletion_body=conversations.deletion_body,
    ),
    model=ModelDecisions(
        plan=plan,
        complete=without_library,
        compose=compose,
        count_tokens=count_input,
        compact=compact,
    ),
    storage=StorageDecisions(
        keeps=timeline.keeps,
        exists=timeline.exists,
        is_valid_id=checks.is_id,
        delete=timeline.delete,
        deletion_body=timeline.deletion_body,
    ),
    progress=PROGRESS,
    lists=ListDecisions(
        input=lists.list_input,
        conversation=lists.list_conversation,
        arrange=lists.arrange,
        follow=lists.follow,
        page=lists.page,
        select=lists.select,
        cut=lists.cut,
        read_filter=read_filter,
    ),
    errors=ErrorDecisions(
        envelope=envelope,
        not_found=response_not_found,
    ),
    sockets=SOCKETS,
    webhooks=WEBHOOKS,
)
"""The behaviour of a right server."""
