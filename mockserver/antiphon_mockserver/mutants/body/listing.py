"""Lists of responses, and answers about ended responses, that differ from what is stored."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]


def _listing(body: Body, call: Call, **members: Any) -> Body:
    """A list of responses in which each entry has these members."""
    if call.operation == "listResponses":
        body["data"] = [{**entry, **members} for entry in body["data"]]
    return body


@mutant("body.lists-responses-with-their-output", caught_by="listing.entries-have-no-output")
def lists_responses_with_their_output(body: Body, call: Call) -> Body:
    """Lists full responses, with `output` and `error`."""
    return _listing(body, call, output=[], error=None)


@mutant("body.lists-responses-without-their-usage", caught_by="listing.an-entry-equals-its-response")
def lists_responses_without_their_usage(body: Body, call: Call) -> Body:
    """Sends null as the usage of listed responses."""
    return _listing(body, call, usage=None)


@mutant("body.counts-what-it-deleted", caught_by="offset-pages.the-total-counts-every-entry")
def counts_what_it_deleted(body: Body, call: Call) -> Body:
    """Counts deleted responses in the total of a list."""
    return {**body, "total": body["total"] + 1} if call.operation == "listResponses" else body


@mutant(
    "body.reports-ended-responses-as-cancelled",
    caught_by="cancel.cancelling-a-foreground-response-changes-nothing",
)
def reports_ended_responses_as_cancelled(body: Body, call: Call) -> Body:
    """Reports every response as cancelled after it received a cancel."""
    late_cancel = call.operation == "cancelResponse" and body.get("status") == "completed"
    return {**body, "status": "cancelled"} if late_cancel else body


@mutant("body.fails-with-an-empty-message", caught_by="background.a-failed-background-response-says-why")
def fails_with_an_empty_message(body: Body, call: Call) -> Body:
    """Sends an empty `message` in `error`."""
    if call.operation == "getResponse" and isinstance(body.get("error"), dict):
        return {**body, "error": {**body["error"], "message": ""}}
    return body
