"""Servers with other access, other pace and other words."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.response.plan import ApiError, Context, Item, Plan
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record, RequestDetails
from antiphon_mockserver.variations import DOCUMENTS, EVERY, ITEMS, STORES, variation
from antiphon_spec.dialect import Dialect

ATTACHMENTS = {"input_image", "input_file"}
"""The types of parts that hold more than text."""


@variation("state.knows-no-keys", fits=EVERY)
def knows_no_keys(behaviour: Behaviour) -> Behaviour:
    """Accepts every request, with and without a key, and keeps all responses in one place.

    Authentication is an agreement between a server and its clients: many servers have none.
    """

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        return ""

    return replace(behaviour, access=replace(behaviour.access, authenticate=authenticate))


@variation("state.keeps-other-origins-out", fits=ITEMS)
def keeps_other_origins_out(behaviour: Behaviour) -> Behaviour:
    """Answers 403 to requests that name the origin of a web page.

    A server that spends its owner's money without asking for a key must not let any page ask for it.
    """

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if "origin" in headers:
            raise ApiError("Requests from other origins are not allowed.", status=403, code="forbidden")
        return behaviour.access.authenticate(headers, keys)

    return replace(behaviour, access=replace(behaviour.access, authenticate=authenticate))


@variation("state.rejects-tools-that-are-no-functions", fits=("openai",))
def rejects_tools_that_are_no_functions(behaviour: Behaviour) -> Behaviour:
    """Rejects hosted and custom tools with 400, since it has none.

    Which tools a server has is its own affair; it must not pass over one in silence.
    """

    def check(details: RequestDetails) -> None:
        tools = details.body.get("tools")
        for index, tool in enumerate(tools if isinstance(tools, list) else ()):
            if isinstance(tool, dict) and tool.get("type") != "function":
                message = f"Invalid value: {tool.get('type')!r}. Supported values are: 'function'."
                raise invalid(message, f"tools[{index}].type", "invalid_value")

    checks = {**behaviour.requests.checks, "tools that are no functions": check}
    return replace(behaviour, requests=replace(behaviour.requests, checks=checks))


@variation("state.says-response-deleted", fits=("bud", "openai"))
def says_response_deleted(behaviour: Behaviour) -> Behaviour:
    """Answers a deletion with the object `response.deleted`.

    OpenAI's guide shows `response.deleted`, genuine servers send `response`: both are in use.
    """

    def deletion_body(response_id: str) -> dict[str, Any]:
        return {"id": response_id, "object": "response.deleted", "deleted": True}

    return replace(behaviour, storage=replace(behaviour.storage, deletion_body=deletion_body))


def _with_errors(behaviour: Behaviour, change: Any) -> Behaviour:
    def envelope(error: ApiError, dialect: Dialect) -> tuple[int, dict[str, Any]]:
        status, body = behaviour.errors.envelope(error, dialect)
        return status, change(body)

    return replace(behaviour, errors=replace(behaviour.errors, envelope=envelope))


@variation("state.words-errors-otherwise", fits=EVERY)
def words_errors_otherwise(behaviour: Behaviour) -> Behaviour:
    """Says something else in the messages of errors.

    Messages are for people; no document prescribes them.
    """

    def word(body: dict[str, Any]) -> dict[str, Any]:
        text = "Nein, das geht so nicht."
        error = body["error"]
        return {"error": {**error, "message": text} if isinstance(error, dict) else text}

    return _with_errors(behaviour, word)


@variation("state.gives-errors-no-code", fits=ITEMS)
def gives_errors_no_code(behaviour: Behaviour) -> Behaviour:
    """Sends errors whose `code` and `param` are null.

    Both documents allow null for both.
    """

    def blank(body: dict[str, Any]) -> dict[str, Any]:
        return {"error": {**body["error"], "code": None, "param": None}}

    return _with_errors(behaviour, blank)


@variation("state.adds-members-to-errors", fits=EVERY)
def adds_members_to_errors(behaviour: Behaviour) -> Behaviour:
    """Adds members to errors and beside them.

    OpenAI calls new members a compatible change, and Open Responses has clients ignore them.
    """

    def add(body: dict[str, Any]) -> dict[str, Any]:
        error = body["error"]
        varied = {**error, "x_doc": "https://example.com/errors"} if isinstance(error, dict) else error
        return {"error": varied, "request_id": "req-7", "status": "failed"}

    return _with_errors(behaviour, add)


@variation("state.types-errors-by-their-status", fits=("openai",))
def types_errors_by_their_status(behaviour: Behaviour) -> Behaviour:
    """Gives errors types of its own: `not_found` for 404, `invalid_request` for other wrong requests.

    The schema has any string there, and clients tell errors by their status.
    """

    def envelope(error: ApiError, dialect: Dialect) -> tuple[int, dict[str, Any]]:
        status, body = behaviour.errors.envelope(error, dialect)
        kind = "not_found" if status == 404 else "invalid_request"
        return status, {"error": {**body["error"], "type": kind}} if 400 <= status < 429 else body

    return replace(behaviour, errors=replace(behaviour.errors, envelope=envelope))


@variation("state.reads-texts-of-any-length", fits=DOCUMENTS)
def reads_texts_of_any_length(behaviour: Behaviour) -> Behaviour:
    """Has a model whose window takes every text, and answers the longest one.

    There are models with windows of ten million tokens; no document sets a limit.
    """
    return replace(behaviour, context=replace(behaviour.context, truncate=lambda context, _tokens: context))


@variation("state.works-slowly-in-the-background", fits=STORES)
def works_slowly_in_the_background(behaviour: Behaviour) -> Behaviour:
    """Shows a background response in the same status for three polls, before it goes on.

    No document says how long a background response takes.
    """
    polls: dict[str, int] = {}

    def observe(record: Record, milestones: Any) -> int:
        polls[record.id] = polls.get(record.id, 0) + 1
        is_turn = polls[record.id] % 3 == 0
        return behaviour.progress.observe(record, milestones) if is_turn else record.step

    return replace(behaviour, progress=replace(behaviour.progress, observe=observe))


@variation("state.has-finished-before-a-cancel", fits=STORES)
def has_finished_before_a_cancel(behaviour: Behaviour) -> Behaviour:
    """Has completed a background response when the cancel comes, and answers with it unchanged.

    No document says how long a background response takes, and what has ended cannot be cancelled.
    """

    def cancel(record: Record, last: int) -> Record:
        return behaviour.progress.cancel(record if record.cut is not None else record.at(last), last)

    return replace(behaviour, progress=replace(behaviour.progress, cancel=cancel))


@variation("state.finishes-in-the-background-at-once", fits=STORES)
def finishes_in_the_background_at_once(behaviour: Behaviour) -> Behaviour:
    """Has finished a background response at the first poll.

    No document says how long a background response takes.
    """

    def observe(_record: Record, milestones: Any) -> int:
        return int(milestones[-1])

    return replace(behaviour, progress=replace(behaviour.progress, observe=observe))


@variation("state.drops-what-was-cancelled", fits=STORES)
def drops_what_was_cancelled(behaviour: Behaviour) -> Behaviour:
    """Forgets a cancelled response once it was read.

    No document says how long a response is kept of which nothing came.
    """
    reads: set[str] = set()

    def rest(record: Record) -> Record:
        if record.id in reads:
            raise ApiError(f"Response with id '{record.id}' not found.", status=404)
        reads.add(record.id)
        return record

    return replace(behaviour, progress=replace(behaviour.progress, rest=rest))


@variation("state.reads-text-only", fits=DOCUMENTS)
def reads_text_only(behaviour: Behaviour) -> Behaviour:
    """Rejects pictures and files, because its model reads nothing but text, and says so.

    Which parts a model can read is a property of the model: OpenAI's models without sight reject pictures.
    """

    def read_text(details: RequestDetails) -> None:
        kinds = {part.get("type") for item in details.items for part in _parts(item)}
        if kinds & ATTACHMENTS:
            raise invalid("This model does not support image or file inputs.", "input")

    checks = {**behaviour.requests.context_checks, "reads_text": read_text}
    return replace(behaviour, requests=replace(behaviour.requests, context_checks=checks))


def _parts(item: Item) -> list[Any]:
    """The parts of a message, or of the output of a call."""
    content = item.get(_place(item))
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _place(item: Item) -> str:
    """The member that holds the parts of an item."""
    return "output" if item.get("type") == "function_call_output" else "content"


@variation("state.forbids-what-another-key-stored", fits=("openai",))
def forbids_what_another_key_stored(behaviour: Behaviour) -> Behaviour:
    """Answers 403 where another key asks for a stored response, and does not hide that it exists.

    No document says whether the response of another account is unknown or forbidden.
    """

    def may_see(record: Any, key: str) -> bool:
        if not behaviour.access.may_see(record, key):
            raise ApiError("This object belongs to another project.", status=403, code="forbidden")
        return True

    return replace(behaviour, access=replace(behaviour.access, may_see=may_see))


@variation("state.counts-no-tokens-of-attachments", fits=DOCUMENTS)
def counts_no_tokens_of_attachments(behaviour: Behaviour) -> Behaviour:
    """Counts no tokens for pictures and files, says nothing of them, and rejects those that it cannot read.

    No document says how pictures and files are counted, and a model need not mention what it sees.
    """

    def read_files(details: RequestDetails) -> None:
        for part in (part for item in details.items for part in _parts(item)):
            url = part.get("image_url") or part.get("file_data") or ""
            if isinstance(url, str) and url.startswith("data:") and not _is_readable(url):
                raise invalid("The picture or the file could not be read.", "input", "invalid_value")

    def plan(context: Context) -> Plan:
        items = tuple(_without_attachments(item) for item in context.items)
        return behaviour.model.plan(replace(context, items=items))

    checks = {**behaviour.requests.context_checks, "reads_attachments": read_files}
    requests = replace(behaviour.requests, context_checks=checks)
    return replace(behaviour, requests=requests, model=replace(behaviour.model, plan=plan))


def _is_readable(url: str) -> bool:
    """Whether the data of a URL begin as those of a picture or a page do."""
    data = b64decode(url.partition(",")[2])
    return data.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF", b"%PDF"))


def _without_attachments(item: Item) -> Item:
    if not isinstance(item.get(_place(item)), list):
        return item
    return {**item, _place(item): [part for part in _parts(item) if part.get("type") not in ATTACHMENTS]}
