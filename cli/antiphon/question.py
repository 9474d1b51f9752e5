"""A question to a video library, with entities and a filter; the streamed answer has citations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import click

from antiphon_conformance.http.client import Target
from antiphon_conformance.http.exchange import Headers, Request
from antiphon_conformance.http.network import HttpTransport
from antiphon_conformance.report import curl
from antiphon_mockserver import ResponsesMock
from antiphon_mockserver.video_library.library import Library, open_library

DIALECT, WORLD = "cloudglue", "cooking"
QUESTION = "Which recipes take under 30 minutes?"
SHORT = {"video_info": [{"path": "duration_seconds", "operator": "LessThan", "valueText": "600"}]}


SERVED = "http://127.0.0.1:4010/v1"
"""The base URL of `antiphon serve`."""
HEADERS = Headers((("content-type", "application/json"), ("authorization", "Bearer any")))


def show() -> None:
    """Queries a mock server of cooking videos; prints the commands, the answer and its citations."""
    library = open_library(WORLD)
    request = Request("POST", "/responses", HEADERS, body(library))
    with ResponsesMock(dialect=DIALECT, world=WORLD, journal=0) as mock:
        response = asyncio.run(_ask(mock.url, request))
    click.echo("\nA question to a video library; the streamed answer has citations:")
    click.echo(f"  antiphon serve --dialect {DIALECT} --world {WORLD} &")
    click.echo(f"  {curl.command(request, SERVED)}")
    for line in lines(response, library):
        click.echo(f"    {line}")


def body(library: Library) -> dict[str, Any]:
    """The request body: a search in the short kitchen videos and in the recipes extracted from them."""
    ids = {collection.key: collection.id for collection in library.collections}
    return {
        "model": "nimbus-002-preview",
        "input": QUESTION,
        "stream": True,
        "knowledge_base": {
            "type": "entity_backed_knowledge",
            "collections": [ids["kitchen"]],
            "entity_backed_knowledge_config": {"entity_collections": [{"collection_id": ids["recipes"]}]},
            "filter": SHORT,
        },
    }


async def _ask(url: str, request: Request) -> Mapping[str, Any]:
    async with Target(HttpTransport(url)) as target:
        return (await target.send(request, "demo")).response


def lines(response: Mapping[str, Any], library: Library) -> Iterator[str]:
    """The text of a response, then its citations."""
    (part,) = response["output"][0]["content"]
    yield from part["text"].splitlines()
    for citation in part["annotations"]:
        file = library.file(citation["file_id"])
        span = f"{citation['start_time']:g} s to {citation['end_time']:g} s"
        yield f"  cites {file.filename if file else citation['file_id']}, {span}"
