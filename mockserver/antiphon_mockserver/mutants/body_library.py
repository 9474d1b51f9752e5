"""What a library shows, put together wrongly."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]
STAMPS = {"listCollections": "created_at", "listCollectionFiles": "added_at", "listFiles": "created_at"}
DESCRIPTION, DESCRIPTIONS = "getMediaDescription", "listMediaDescriptions"


@mutant(caught_by="library.times-in-a-library-count-milliseconds")
def counts_seconds_in_its_library(body: Body, call: Call) -> Body:
    """Counts the times of collections, members and files in seconds."""
    if call.operation in STAMPS:
        for entry in body["data"]:
            entry[STAMPS[call.operation]] //= 1000
    return body


@mutant(caught_by="library.a-page-of-collections-is-fifty-long")
def lists_twenty_collections(body: Body, call: Call) -> Body:
    """Says that a page of collections holds 20."""
    if call.operation == "listCollections" and "limit" not in call.query:
        body["limit"] = 20
    return body


@mutant(caught_by="library.a-page-of-descriptions-is-twenty-long")
def lists_fifty_descriptions(body: Body, call: Call) -> Body:
    """Says that a page of media descriptions holds 50."""
    if call.operation == DESCRIPTIONS and "limit" not in call.query:
        body["limit"] = 50
    return body


@mutant(caught_by="library.markdown-is-one-text")
def writes_no_markdown(body: Body, call: Call) -> Body:
    """Leaves `content` empty, though Markdown was asked for."""
    if call.operation == DESCRIPTION and "content" in body:
        body["content"] = ""
    return body


@mutant(caught_by="library.extras-come-on-demand-only")
def always_tells_chapters(body: Body, call: Call) -> Body:
    """Tells the chapters of a video that nobody asked for."""
    if call.operation == DESCRIPTION:
        body.setdefault("chapters", [])
    return body


@mutant(caught_by="library.extras-come-on-demand-only")
def counts_its_shots_only(body: Body, call: Call) -> Body:
    """Tells how many shots a video has instead of which."""
    if call.operation == DESCRIPTION and "shots" in body:
        body["shots"] = len(body["shots"])
    return body


@mutant(caught_by="library.an-uploaded-file-is-named-by-its-id")
def names_files_by_their_names(body: Body, call: Call) -> Body:
    """Makes the address of a file of its name."""
    if call.operation == "listFiles":
        for file in body["data"]:
            file["uri"] = f"cloudglue://files/{file['filename']}"
    return body


@mutant(caught_by="library.members-are-ordered-and-selected")
def lists_members_of_any_status(body: Body, call: Call) -> Body:
    """Lists members that are still processed among those that are complete."""
    if call.operation == "listCollectionFiles" and "status" in call.query:
        for entry in body["data"][:1]:
            entry["status"] = "processing"
    return body
