"""What the model reads: the context, split into instructions, past, newest prompt and tool outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from antiphon_mockserver.response.opaque import unseal
from antiphon_mockserver.response.plan import Context, Item
from antiphon_mockserver.server.errors import invalid

INSTRUCTING_ROLES = frozenset({"system", "developer"})

ATTACHMENTS = {
    "input_image": "image",
    "input_file": "file",
    "input_audio": "recording",
    "input_video": "video",
}


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a tool, and the tool's name."""

    tool: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a context."""

    prompt: str
    """The text of the newest user message."""
    instructions: tuple[str, ...]
    """`instructions`, then the system and developer messages, in order."""
    past: tuple[str, ...]
    """Every text of the conversation in order, the prompt included."""
    outputs: tuple[Output, ...]
    """The tool outputs after the newest call."""
    attachments: tuple[str, ...]
    """The names of the prompt's parts besides text: `image`, `file report.pdf`."""
    ends_in_outputs: bool
    """Whether no message follows the tool outputs."""


def secret(context: Context) -> str:
    """The secret for this client's encrypted contents."""
    return f"{context.seed}:{context.key}"


def read(context: Context) -> Reading:
    """The reading of a context. Raises ApiError for encrypted content that is not ours or was changed."""
    items = list(unfold(context.items, secret(context)))
    instructions = [*_instructions(context.request.get("instructions")), *_instructing(items)]
    newest = _newest_user_message(items)
    outputs = _outputs(items)
    return Reading(
        prompt=text_of(newest.get("content")) if newest else "",
        instructions=tuple(instructions),
        past=tuple(filter(None, map(_text_of_item, items))),
        outputs=outputs,
        attachments=tuple(_attachments(newest)) if newest else (),
        ends_in_outputs=bool(outputs) and items[-1]["type"] != "message",
    )


def unfold(items: Iterable[Item], secret: str) -> Iterator[Item]:
    """The items, each compaction replaced by the messages that it holds."""
    for number, item in enumerate(items):
        ciphertext = item.get("encrypted_content")
        if ciphertext is None:
            yield item if "type" in item else {"type": "message", **item}
            continue
        content = unseal(ciphertext, secret)
        if content is None:
            raise invalid(
                f"The encrypted content of item {number} of the input could not be verified.",
                code="invalid_encrypted_content",
            )
        if item["type"] == "compaction":
            yield from unfold(orjson.loads(content), secret)
        else:
            yield item


def text_of(content: Any) -> str:
    """The text of a message's content or a tool's output, one line per part."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    if len(content) == 1:
        return _text(content[0])
    return "\n".join(filter(None, map(_text, content)))


def _text(part: Any) -> str:
    text = part.get("text") or part.get("refusal") or ""
    return text if isinstance(text, str) else ""


def _instructions(instructions: Any) -> Iterator[str]:
    if isinstance(instructions, str):
        yield instructions
    elif instructions:
        yield from (text_of(item.get("content")) for item in instructions)


def _instructing(items: Sequence[Item]) -> Iterator[str]:
    for item in items:
        if item.get("role") in INSTRUCTING_ROLES:
            yield text_of(item.get("content"))


def _newest_user_message(items: Sequence[Item]) -> Item | None:
    return next((item for item in reversed(items) if item.get("role") == "user"), None)


def _text_of_item(item: Item) -> str:
    if item["type"] == "message":
        return text_of(item.get("content"))
    return text_of(item.get("output")) if "output" in item else ""


def _outputs(items: Sequence[Item]) -> tuple[Output, ...]:
    """The outputs after the newest item that the model itself produced."""
    names = {item["call_id"]: item["name"] for item in items if "call_id" in item and "name" in item}
    outputs: list[Output] = []
    for item in reversed(items):
        if item["type"].endswith("_output"):
            outputs.append(Output(names.get(item.get("call_id"), "the tool"), text_of(item.get("output"))))
        elif item.get("role") not in ("user", "system", "developer"):
            break
    return tuple(reversed(outputs))


def _attachments(message: Item) -> Iterator[str]:
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if name := ATTACHMENTS.get(part.get("type")):
            yield f"{name} {part['filename']}" if part.get("filename") else name
