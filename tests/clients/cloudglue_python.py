"""What a user of Cloudglue's SDK for Python does, and gets: tasks, each with its result as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cloudglue
from openai_python import outcome

from antiphon_mockserver.video_library.library import open_library

KITCHEN = next(found.id for found in open_library("cooking").collections if found.key == "kitchen")
REST = "How long does the carbonara rest?"


def content(response: Any) -> Any:
    item = response.output[0]
    return getattr(item, "actual_instance", item).content[0]


def asked(client: Any, **more: Any) -> Any:
    return client.responses.create(input=REST, collections=[KITCHEN], model="nimbus-001", **more)


def create(client: Any) -> Any:
    found = asked(client)
    part = content(found)
    first = part.annotations[0]
    return found.status, part.text, first.file_id, first.start_time < first.end_time


def stream(client: Any) -> Any:
    events = [event["data"] for event in asked(client, stream=True)]
    told = [event for event in events if isinstance(event, dict)]
    deltas = (event["delta"] for event in told if event["type"] == "response.output_text.delta")
    return "".join(deltas), [event["type"] for event in told][-1]


def background(client: Any) -> Any:
    found = asked(client, background=True)
    for _ in range(40):
        if found.status != "in_progress":
            break
        found = client.responses.get(found.id)
    return found.status, content(found).text


def kept(client: Any) -> Any:
    made = asked(client)
    again = client.responses.get(made.id)
    listed = made.id in [one.id for one in client.responses.list(limit=5).data]
    client.responses.delete(made.id)
    return content(again).text, listed


def chat(client: Any) -> Any:
    messages = [{"role": "user", "content": REST}]
    found = client.chat.completions.create(messages=messages, collections=[KITCHEN], model="nimbus-001")
    return found.choices[0].message.content


def library(client: Any) -> Any:
    listed = client.collections.list()
    files = client.collections.list_videos(KITCHEN)
    return len(listed.data), len(files.data)


TASKS: Mapping[str, Callable[[Any], Any]] = {
    task.__name__: task for task in (create, stream, background, kept, chat, library)
}


def drive(url: str) -> dict[str, Any]:
    """What each task came to: its result, or what it raised."""
    client = cloudglue.Cloudglue(api_key="cg-any", host=url)
    return {name: outcome(task, client) for name, task in TASKS.items()}
