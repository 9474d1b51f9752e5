"""Tasks of a user of Cloudglue's SDK for Python, each with its result as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cloudglue
from openai_python import outcome

from antiphon_mockserver.video_library.library import open_library

KITCHEN = next(
    collection.id for collection in open_library("cooking").collections if collection.key == "kitchen"
)
REST = "How long does the carbonara rest?"


def content(response: Any) -> Any:
    item = response.output[0]
    return getattr(item, "actual_instance", item).content[0]


def ask(client: Any, **more: Any) -> Any:
    return client.responses.create(input=REST, collections=[KITCHEN], model="nimbus-001", **more)


def create(client: Any) -> Any:
    response = ask(client)
    part = content(response)
    first = part.annotations[0]
    return response.status, part.text, first.file_id, first.start_time < first.end_time


def stream(client: Any) -> Any:
    events = [event["data"] for event in ask(client, stream=True)]
    payloads = [event for event in events if isinstance(event, dict)]
    deltas = (event["delta"] for event in payloads if event["type"] == "response.output_text.delta")
    return "".join(deltas), [event["type"] for event in payloads][-1]


def background(client: Any) -> Any:
    response = ask(client, background=True)
    for _ in range(40):
        if response.status != "in_progress":
            break
        response = client.responses.get(response.id)
    return response.status, content(response).text


def retrieve(client: Any) -> Any:
    response = ask(client)
    again = client.responses.get(response.id)
    is_listed = response.id in [row.id for row in client.responses.list(limit=5).data]
    client.responses.delete(response.id)
    return content(again).text, is_listed


def chat(client: Any) -> Any:
    messages = [{"role": "user", "content": REST}]
    completion = client.chat.completions.create(messages=messages, collections=[KITCHEN], model="nimbus-001")
    return completion.choices[0].message.content


def library(client: Any) -> Any:
    collections = client.collections.list()
    files = client.collections.list_videos(KITCHEN)
    return len(collections.data), len(files.data)


TASKS: Mapping[str, Callable[[Any], Any]] = {
    task.__name__: task for task in (create, stream, background, retrieve, chat, library)
}


def drive(url: str) -> dict[str, Any]:
    """The result of each task, or the exception that it raised."""
    client = cloudglue.Cloudglue(api_key="cg-any", host=url)
    return {name: outcome(task, client) for name, task in TASKS.items()}
