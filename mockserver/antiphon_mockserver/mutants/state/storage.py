"""Servers that store too much, or lose what they should store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import dropping_values
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record


@mutant(
    "state.keeps-what-is-not-to-be-stored",
    caught_by=(
        "storage.an-unstored-response-cannot-be-continued",
        "storage.an-unstored-response-cannot-be-retrieved",
    ),
)
def keeps_what_is_not_to_be_stored(behaviour: Behaviour) -> Behaviour:
    """Stores responses with `store: false`."""
    return replace(behaviour, storage=replace(behaviour.storage, keeps=lambda _body: True))


@mutant("state.stores-only-on-request", caught_by="storage.a-response-is-stored-by-default")
def stores_only_on_request(behaviour: Behaviour) -> Behaviour:
    """Stores a response only when the request sets `store: true`."""
    return replace(
        behaviour,
        storage=replace(
            behaviour.storage, keeps=lambda body: body.get("store") is True or body.get("background") is True
        ),
    )


@mutant("state.stores-streams-only", caught_by="storage.a-response-is-stored-by-default")
def stores_streams_only(behaviour: Behaviour) -> Behaviour:
    """Stores only responses that it streamed or ran in the background."""

    def keeps(body: Mapping[str, Any]) -> bool:
        return behaviour.storage.keeps(body) and (
            body.get("stream") is True or body.get("background") is True
        )

    return replace(behaviour, storage=replace(behaviour.storage, keeps=keeps))


@mutant("state.rejects-its-own-ids", caught_by="storage.a-response-is-stored-by-default")
def rejects_its_own_ids(behaviour: Behaviour) -> Behaviour:
    """Rejects its own ids in a path."""
    return replace(
        behaviour,
        storage=replace(
            behaviour.storage, is_valid_id=lambda response_id: response_id.startswith("response-")
        ),
    )


@mutant(
    "state.does-not-store-streams",
    caught_by=("storage.a-streamed-response-is-stored", "storage.a-streamed-response-can-be-retrieved"),
)
def does_not_store_streams(behaviour: Behaviour) -> Behaviour:
    """Does not store responses that it streamed."""

    def keeps(body: Mapping[str, Any]) -> bool:
        streamed = body.get("stream") is True and body.get("background") is not True
        return behaviour.storage.keeps(body) and not streamed

    return replace(behaviour, storage=replace(behaviour.storage, keeps=keeps))


@mutant(
    "state.does-not-store-background-streams",
    caught_by=("resume.a-background-stream-can-be-streamed-again", "storage.a-background-response-is-stored"),
)
def does_not_store_background_streams(behaviour: Behaviour) -> Behaviour:
    """Drops a background response as soon as its stream ends."""

    def keeps(body: Mapping[str, Any]) -> bool:
        return behaviour.storage.keeps(body) and not (
            body.get("stream") is True and body.get("background") is True
        )

    return replace(behaviour, storage=replace(behaviour.storage, keeps=keeps))


@mutant(
    "state.deletes-nothing",
    caught_by=(
        "delete.a-deleted-response-is-gone",
        "delete.a-deleted-response-is-not-given-out",
        "delete.an-unknown-response-cannot-be-deleted",
        "delete.the-input-of-a-deleted-response-is-gone",
        "delete.a-deleted-response-cannot-be-continued",
        "listing.a-deleted-response-is-not-listed",
        "cancel.an-unknown-response-cannot-be-cancelled",
    ),
)
def deletes_nothing(behaviour: Behaviour) -> Behaviour:
    """Confirms a deletion but keeps the response."""
    return replace(behaviour, storage=replace(behaviour.storage, delete=lambda record: record))


@mutant("state.rejects-to-delete", caught_by="delete.a-stored-response-can-be-deleted")
def rejects_to_delete(behaviour: Behaviour) -> Behaviour:
    """Rejects every deletion."""

    def delete(_record: Record) -> NoReturn:
        raise ApiError("Responses cannot be deleted.", status=403)

    return replace(behaviour, storage=replace(behaviour.storage, delete=delete))


@mutant("state.deletes-only-once", caught_by="delete.an-unknown-response-counts-as-deleted")
def deletes_only_once(behaviour: Behaviour) -> Behaviour:
    """Answers 404 to a second deletion."""
    ids: set[str] = set()

    def deletion_body(response_id: str) -> dict[str, Any]:
        if response_id in ids:
            raise behaviour.errors.not_found(response_id)
        ids.add(response_id)
        return behaviour.storage.deletion_body(response_id)

    return replace(behaviour, storage=replace(behaviour.storage, deletion_body=deletion_body))


@mutant("state.confirms-a-deletion-in-other-words", caught_by="delete.a-deletion-is-confirmed")
def confirms_a_deletion_in_other_words(behaviour: Behaviour) -> Behaviour:
    """Confirms a deletion with the object `response.removed`."""
    return replace(
        behaviour,
        storage=replace(
            behaviour.storage,
            deletion_body=lambda response_id: {
                **behaviour.storage.deletion_body(response_id),
                "object": "response.removed",
            },
        ),
    )


@mutant("state.denies-a-deletion", caught_by="delete.a-deletion-is-confirmed")
def denies_a_deletion(behaviour: Behaviour) -> Behaviour:
    """Deletes the response and sends `deleted: false`."""
    return replace(
        behaviour,
        storage=replace(
            behaviour.storage,
            deletion_body=lambda response_id: {
                **behaviour.storage.deletion_body(response_id),
                "deleted": False,
            },
        ),
    )


@mutant("state.confirms-the-deletion-of-another-response", caught_by="delete.a-deletion-is-confirmed")
def confirms_the_deletion_of_another_response(behaviour: Behaviour) -> Behaviour:
    """Confirms a deletion with a different id."""
    return replace(
        behaviour,
        storage=replace(
            behaviour.storage,
            deletion_body=lambda response_id: behaviour.storage.deletion_body(f"{response_id}0"),
        ),
    )


@mutant(
    "state.breaks-when-a-running-response-is-deleted",
    caught_by=(
        "cancel.deleting-a-running-response-is-no-server-error",
        "cancel.a-running-response-can-be-deleted",
    ),
)
def breaks_when_a_running_response_is_deleted(behaviour: Behaviour) -> Behaviour:
    """Answers 500 when a request deletes a response that still runs."""

    def delete(record: Record) -> Record:
        if record.background and record.step == 0:
            raise ApiError("The worker holds a lock on the response.", status=500)
        return behaviour.storage.delete(record)

    return replace(behaviour, storage=replace(behaviour.storage, delete=delete))


@mutant(
    "state.calls-an-unknown-id-a-bad-request",
    caught_by=(
        "retrieve.an-unknown-response-is-not-found",
        "delete.a-deleted-response-is-gone",
        "delete.an-unknown-response-cannot-be-deleted",
        "cancel.an-unknown-response-cannot-be-cancelled",
    ),
)
def calls_an_unknown_id_a_bad_request(behaviour: Behaviour) -> Behaviour:
    """Answers 400 instead of 404 to an unknown id."""
    return replace(
        behaviour,
        errors=replace(
            behaviour.errors,
            not_found=lambda response_id: invalid(
                f"Response with id '{response_id}' not found.", "response_id"
            ),
        ),
    )


@mutant(
    "state.breaks-at-an-odd-id", caught_by="query-parameters.an-id-with-unusual-characters-is-a-client-error"
)
def breaks_at_an_odd_id(behaviour: Behaviour) -> Behaviour:
    """Answers 500 to an id with unusual characters."""

    def is_valid_id(response_id: str) -> bool:
        if not behaviour.storage.is_valid_id(response_id):
            raise ApiError("invalid input syntax for type uuid", status=500)
        return True

    return replace(behaviour, storage=replace(behaviour.storage, is_valid_id=is_valid_id))


@mutant("state.accepts-any-include-in-queries", caught_by="query-parameters.an-unknown-include-is-rejected")
def accepts_any_include_in_queries(behaviour: Behaviour) -> Behaviour:
    """Accepts an unknown `include` value."""
    return dropping_values(behaviour, ("include", "include[]"), lambda value: value == "everything")


@mutant("state.rejects-include-on-retrieval", caught_by="retrieve.include-is-accepted-on-retrieval")
def rejects_include_on_retrieval(behaviour: Behaviour) -> Behaviour:
    """Rejects every `include` on retrieval."""

    def read_query(operation: Any, document: Any, given: Any) -> dict[str, Any]:
        if operation.id == "getResponse" and any(name.startswith("include[") for name, _ in given):
            raise invalid("Unknown parameter: 'include[]'.", "include[]", "unknown_parameter")
        return behaviour.requests.read_query(operation, document, given)

    return replace(behaviour, requests=replace(behaviour.requests, read_query=read_query))
