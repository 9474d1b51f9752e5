"""Answers from a library with wrong or missing members."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]
STAMPS = {"listCollections": "created_at", "listCollectionFiles": "added_at", "listFiles": "created_at"}
DESCRIPTION, DESCRIPTIONS = "getMediaDescription", "listMediaDescriptions"


@mutant("body.counts-seconds-in-its-library", caught_by="video-library.times-are-in-milliseconds")
def counts_seconds_in_its_library(body: Body, call: Call) -> Body:
    """Sends the times of collections, members and files in seconds."""
    if call.operation in STAMPS:
        for entry in body["data"]:
            entry[STAMPS[call.operation]] //= 1000
    return body


@mutant(
    "body.lists-twenty-collections", caught_by="video-library.a-page-of-collections-has-50-entries-by-default"
)
def lists_twenty_collections(body: Body, call: Call) -> Body:
    """Reports a default limit of 20 for a list of collections."""
    if call.operation == "listCollections" and "limit" not in call.query:
        body["limit"] = 20
    return body


@mutant(
    "body.lists-fifty-descriptions",
    caught_by="video-library.a-page-of-descriptions-has-20-entries-by-default",
)
def lists_fifty_descriptions(body: Body, call: Call) -> Body:
    """Reports a default limit of 50 for a list of media descriptions."""
    if call.operation == DESCRIPTIONS and "limit" not in call.query:
        body["limit"] = 50
    return body


@mutant("body.writes-no-markdown", caught_by="video-library.markdown-is-a-text-in-content")
def writes_no_markdown(body: Body, call: Call) -> Body:
    """Leaves `content` empty although the request asks for Markdown."""
    if call.operation == DESCRIPTION and "content" in body:
        body["content"] = ""
    return body


@mutant("body.always-sends-chapters", caught_by="video-library.extras-appear-only-on-request")
def always_sends_chapters(body: Body, call: Call) -> Body:
    """Sends the chapters of a video although the request did not ask for them."""
    if call.operation == DESCRIPTION:
        body.setdefault("chapters", [])
    return body


@mutant("body.counts-its-shots-only", caught_by="video-library.extras-appear-only-on-request")
def counts_its_shots_only(body: Body, call: Call) -> Body:
    """Sends the number of shots in a video instead of the shots."""
    if call.operation == DESCRIPTION and "shots" in body:
        body["shots"] = len(body["shots"])
    return body


@mutant("body.names-files-by-their-names", caught_by="video-library.the-uri-of-an-uploaded-file-holds-its-id")
def names_files_by_their_names(body: Body, call: Call) -> Body:
    """Builds the URI of a file from its name."""
    if call.operation == "listFiles":
        for file in body["data"]:
            file["uri"] = f"cloudglue://files/{file['filename']}"
    return body


@mutant("body.lists-members-of-any-status", caught_by="video-library.members-are-ordered-and-selected")
def lists_members_of_any_status(body: Body, call: Call) -> Body:
    """Lists members that are still being processed among the completed ones."""
    if call.operation == "listCollectionFiles" and "status" in call.query:
        for entry in body["data"][:1]:
            entry["status"] = "processing"
    return body
