"""Servers whose conversations forget, mix or keep too much."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import forgiving, with_check, with_context_check
from antiphon_mockserver.response.plan import ApiError, Context, Plan
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.conversation import Conversation
from antiphon_mockserver.state.record import RequestDetails


def _with(behaviour: Behaviour, **decisions: Any) -> Behaviour:
    return replace(behaviour, conversations=replace(behaviour.conversations, **decisions))


@mutant("state.forgets-the-conversation", caught_by="conversations.a-response-remembers-its-conversation")
def forgets_the_conversation(behaviour: Behaviour) -> Behaviour:
    """Accepts `conversation` but sends the model only the new input."""
    return _with(behaviour, recall=lambda _conversation, items: tuple(items))


@mutant(
    "state.recalls-the-newest-turn-of-a-conversation",
    caught_by="conversations.a-response-remembers-its-conversation",
)
def recalls_the_newest_turn_of_a_conversation(behaviour: Behaviour) -> Behaviour:
    """Sends the model only the last two items of a conversation."""
    return _with(behaviour, recall=lambda conversation, items: (*conversation.items[-2:], *items))


@mutant(
    "state.recalls-a-conversation-backwards",
    caught_by="conversations.a-conversation-keeps-the-order-of-its-turns",
)
def recalls_a_conversation_backwards(behaviour: Behaviour) -> Behaviour:
    """Sends the model the items of a conversation from the newest to the oldest."""
    return _with(behaviour, recall=lambda conversation, items: (*conversation.items[::-1], *items))


@mutant(
    "state.counts-no-conversation",
    caught_by="conversations.a-conversation-counts-its-whole-history",
)
def counts_no_conversation(behaviour: Behaviour) -> Behaviour:
    """Counts only the last item that the model reads in a conversation."""

    def plan(context: Context) -> Plan:
        whole = behaviour.model.plan(context)
        if not context.request.get("conversation"):
            return whole
        last = replace(context, items=context.items[-1:])
        return replace(whole, input_tokens=behaviour.model.count_tokens(last))

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


@mutant(
    "state.wants-the-call-again-in-a-conversation",
    caught_by="conversations.a-call-is-continued-by-its-output-alone",
)
def wants_the_call_again_in_a_conversation(behaviour: Behaviour) -> Behaviour:
    """Rejects the output of a call when its call stands only in the conversation."""

    def check(details: RequestDetails) -> None:
        if details.body.get("conversation"):
            behaviour.requests.context_checks[CALLS](replace(details, items=tuple(details.new_items)))

    return with_context_check(behaviour, check)


CALLS = "outputs_have_calls"


@mutant(
    "state.adds-no-output-to-a-conversation",
    caught_by="conversations.input-and-output-are-appended-in-order",
)
def adds_no_output_to_a_conversation(behaviour: Behaviour) -> Behaviour:
    """Appends the input of a response to its conversation, and not the output."""
    return _with(behaviour, additions=lambda _request, items, _response: tuple(items))


@mutant("state.adds-output-before-input", caught_by="conversations.input-and-output-are-appended-in-order")
def adds_output_before_input(behaviour: Behaviour) -> Behaviour:
    """Appends the output of a response to its conversation before the input."""
    return _with(behaviour, additions=lambda _request, items, response: (*response["output"], *items))


@mutant("state.merges-the-metadata-of-an-update", caught_by="conversations.an-update-replaces-the-metadata")
def merges_the_metadata_of_an_update(behaviour: Behaviour) -> Behaviour:
    """Keeps the old entries of the metadata that an update does not name."""
    return _with(
        behaviour,
        describe=lambda conversation, metadata: behaviour.conversations.describe(
            conversation, {**conversation.metadata, **(metadata or {})}
        ),
    )


@mutant("state.keeps-deleted-conversations", caught_by="conversations.an-unknown-conversation-is-not-found")
def keeps_deleted_conversations(behaviour: Behaviour) -> Behaviour:
    """Confirms the deletion of a conversation, and still has it."""
    return _with(behaviour, delete=lambda conversation: conversation)


@mutant(
    "state.answers-400-to-unknown-conversations",
    caught_by="conversations.an-unknown-conversation-is-not-found",
)
def answers_400_to_unknown_conversations(behaviour: Behaviour) -> Behaviour:
    """Answers 400 where no conversation has the id."""
    return _with(behaviour, not_found=lambda _id: ApiError("No such conversation."))


@mutant(
    "state.rejects-responses-in-conversations",
    caught_by="conversations.a-response-is-created-in-a-conversation",
)
def rejects_responses_in_conversations(behaviour: Behaviour) -> Behaviour:
    """Has conversations, and rejects creates that name one."""

    def check(details: RequestDetails) -> None:
        if details.operation == "createResponse" and details.body.get("conversation") is not None:
            raise invalid("Unknown parameter: 'conversation'.", "conversation", "unknown_parameter")

    return with_check(behaviour, check)


@mutant("state.names-no-conversation", caught_by="conversations.a-response-names-its-conversation")
def names_no_conversation(behaviour: Behaviour) -> Behaviour:
    """Leaves `conversation` out of the responses in one."""

    def compose(*values: Any) -> dict[str, Any]:
        response = behaviour.model.compose(*values)
        response.pop("conversation", None)
        return response

    return replace(behaviour, model=replace(behaviour.model, compose=compose))


@mutant(
    "state.stores-unstored-responses-in-conversations",
    caught_by="conversations.an-unstored-response-adds-nothing",
)
def stores_unstored_responses_in_conversations(behaviour: Behaviour) -> Behaviour:
    """Appends a response with `store: false` to its conversation."""
    return _with(behaviour, additions=lambda _request, items, response: (*items, *response["output"]))


@mutant(
    "state.breaks-on-a-locked-conversation",
    caught_by="conversations.two-responses-at-once-are-answered-or-locked",
)
def breaks_on_a_locked_conversation(behaviour: Behaviour) -> Behaviour:
    """Answers 500 to a response in a conversation that another response holds."""

    def reject_locked(conversation: Conversation) -> None:
        if conversation.running is not None:
            raise ApiError("The server had an error while processing your request.", status=500)

    return _with(behaviour, reject_locked=reject_locked)


@mutant(
    "state.hides-that-a-conversation-is-locked",
    caught_by="conversations.two-responses-at-once-are-answered-or-locked",
)
def hides_that_a_conversation_is_locked(behaviour: Behaviour) -> Behaviour:
    """Rejects a response in a conversation that another response holds, and does not say why."""

    def reject_locked(conversation: Conversation) -> None:
        if conversation.running is not None:
            raise ApiError("Bad request.")

    return _with(behaviour, reject_locked=reject_locked)


@mutant("state.loses-one-of-two-responses", caught_by="conversations.no-response-of-two-is-lost")
def loses_one_of_two_responses(behaviour: Behaviour) -> Behaviour:
    """Runs two responses in one conversation, and appends only the one that began last."""
    return _with(behaviour, reject_locked=lambda _conversation: None)


@mutant(
    "state.takes-a-chain-beside-a-conversation",
    caught_by=(
        "conversations.a-conversation-excludes-a-chain",
        "conversations.a-count-excludes-a-chain",
    ),
)
def takes_a_chain_beside_a_conversation(behaviour: Behaviour) -> Behaviour:
    """Accepts `conversation` and `previous_response_id` together, and forgets the chain."""

    def check(details: RequestDetails) -> None:
        body: Any = details.body
        if body.get("conversation") is not None:
            body.pop("previous_response_id", None)

    return with_check(behaviour, check)


def _keep_sixteen(details: RequestDetails, _problem: ApiError) -> bool:
    metadata = details.body.get("metadata") or {}
    is_overfull = details.operation == "createConversation" and len(metadata) > 16
    if is_overfull:
        for name in list(metadata)[16:]:
            del metadata[name]
    return is_overfull


add(
    "state",
    "keeps-sixteen-entries-of-metadata",
    "Creates a conversation with the first 16 entries of too much metadata.",
    "conversations.too-much-metadata-is-rejected",
    forgiving(_keep_sixteen),
)
