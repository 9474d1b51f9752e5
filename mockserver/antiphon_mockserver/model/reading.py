"""What the model reads and remembers: the context, what was said in it, and its compaction.

A context is split into instructions, past, newest prompt and tool outputs. `my name is Ada` now answers `what
is my name?` later. A compaction is a conversation shrunk to one opaque item from which it can be recalled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

import orjson

from antiphon_mockserver.model.outputs import NO_OUTPUTS, Output, newest_outputs, output_text
from antiphon_mockserver.model.question import (
    MOST_CALLS,
    RESULT,
    Feedback,
    called,
    feedback_in,
    is_feedback,
    is_question,
    observed,
    question_of,
    text_of,
)
from antiphon_mockserver.response.compose import usage
from antiphon_mockserver.response.opaque import seal, unseal
from antiphon_mockserver.response.plan import Context, IdSource, Item, Plan
from antiphon_mockserver.response.tokens import ITEM_OVERHEAD, count, count_input
from antiphon_mockserver.server.errors import invalid
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_pattern

INSTRUCTING_ROLES = frozenset({"system", "developer"})

ATTACHMENTS = {
    "input_image": "image",
    "input_file": "file",
    "input_audio": "recording",
    "input_video": "video",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a context."""

    prompt: str
    """The text of the newest user message."""
    question: str
    """What the user wants: the user's own words in the newest message that is no feedback."""
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
    demands: tuple[str, ...] = ()
    """The texts that may say how to answer, newest first: of users, then instructions."""
    feedback: Feedback | None = None
    """What was said of wrong answers to this question; None when there was none."""
    wrong_calls: frozenset[str] = frozenset()
    """The tools whose newest outputs say that the arguments were wrong."""


def whole_number(context: Context, name: str) -> int | None:
    """A whole number of the request, or None when it is absent or null; JSON may write 16 as 16.0."""
    number = context.request.get(name)
    return None if number is None else int(number)


def secret(context: Context) -> str:
    """The secret for this client's encrypted contents."""
    return f"{context.seed}:{context.key}"


def read(context: Context) -> Reading:
    """The reading of a context. Raises ApiError for encrypted content that is not ours or was changed."""
    if len(context.items) == 1 and context.items[0].get("role") == "user":
        return _read_alone(context.items[0], context)
    items, texts = _unfold_with_texts(context)
    users = [place for place, item in enumerate(items) if item.get("role") == "user"]
    newest = users[-1] if users else None
    asked = next((place for place in reversed(users) if is_question(texts[place])), newest)
    after = texts[len(items) if asked is None else asked + 1 :]
    remarks = [text for text, item in zip(after, items[-len(after) :], strict=False) if _is_said_to_us(item)]
    feedback = feedback_in([text for text in remarks if is_feedback(text)])
    has_outputs = any(item["type"].endswith("_output") for item in items)
    outputs = newest_outputs(items) if has_outputs else ()
    wrong = {output.tool for output in outputs if is_feedback(output.text)}
    orders = [texts[place] for place, item in enumerate(items) if item.get("role") in INSTRUCTING_ROLES]
    instructions = (*instructions_of(context.request), *orders)
    return Reading(
        prompt="" if newest is None else texts[newest],
        question="" if asked is None else question_of(texts[asked]),
        instructions=instructions,
        past=tuple(filter(None, texts)),
        outputs=outputs,
        attachments=() if newest is None else tuple(_attachments(items[newest])),
        ends_in_outputs=bool(outputs) and items[-1]["type"] not in {"message", *NO_OUTPUTS},
        demands=(*[texts[place] for place in reversed(users)], *instructions),
        feedback=feedback,
        wrong_calls=frozenset(wrong if feedback and len(feedback.rounds) <= MOST_CALLS else ()),
    )


def _unfold_with_texts(context: Context) -> tuple[Sequence[Item], list[str]]:
    """The items, without compactions, and the text of each."""
    items: Sequence[Item] = context.items
    if any("encrypted_content" in item or "type" not in item for item in items):
        items = list(unfold(items, secret(context)))
    texts = [_text_of_item(item) for item in items]
    if any(RESULT in text for text in texts):
        items = list(_with_results(items))
        texts = [_text_of_item(item) for item in items]
    return items, texts


def _is_said_to_us(item: Item) -> bool:
    """Whether users or tools have said it."""
    return item.get("role") == "user" or bool(item["type"].endswith("_output"))


def _read_alone(message: Item, context: Context) -> Reading:
    """The reading of one message of the user."""
    text = text_of(message.get("content"))
    instructions = instructions_of(context.request)
    return read_text(text, instructions, tuple(_attachments(message)))


def read_text(text: str, instructions: tuple[str, ...], attachments: tuple[str, ...] = ()) -> Reading:
    """The reading of one text of the user: there are no outputs, and no wrong answers."""
    past = (text,) if text else ()
    return Reading(text, question_of(text), instructions, past, (), attachments, False, (text, *instructions))


def _with_results(items: Iterable[Item]) -> Iterator[Item]:
    """The items; results of tools that stand in user messages become calls and outputs."""
    said = ""
    for number, item in enumerate(items):
        text = text_of(item.get("content")) if item["type"] == "message" else ""
        result = observed(text) if item.get("role") == "user" and said else None
        if result is None:
            yield item
        else:
            call_id = f"observation_{number}"
            yield {"type": "function_call", "call_id": call_id, "name": called(said), "arguments": "{}"}
            yield {"type": "function_call_output", "call_id": call_id, "output": result}
        said = text if item.get("role") == "assistant" else ""


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


def instructions_of(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The instructions of a request itself."""
    instructions = request.get("instructions")
    if isinstance(instructions, str):
        return (instructions,)
    return tuple([text_of(item.get("content")) for item in instructions or ()])


def _text_of_item(item: Item) -> str:
    if item["type"] == "message":
        return text_of(item.get("content"))
    return output_text(item) if item["type"].endswith("_output") else ""


def _attachments(message: Item) -> Iterator[str]:
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if name := ATTACHMENTS.get(part.get("type")):
            yield f"{name} {part['filename']}" if part.get("filename") else name


READ_LENGTH = 8_000
"""Characters of one text that are searched for facts."""

STATED = late_pattern(
    r"\b(my|our|the|your|this)\s+([\w][\w '’-]{0,50}?)\s*(?:\bis\b|\bare\b|\bwas\b|=|:)\s*"
    r"(?:called |named )?(?!called|named)"
    r"[\"'“‘]?([^\s\"'“‘?][^\n\"”?]{0,120}?)[\"'”’]?\s*(?=[.!](?:\s|$)|[,;\n]|$|\s(?:and|but|so|please)\b)",
    re.IGNORECASE,
)
NAMED = late_pattern(r"\b(?:I am|I'm|I’m|call me)\s+([A-Z][\w’'-]*)")
REMEMBERED = late_pattern(
    r"\bremember\b(?: this| that| the| my)*\s+([a-z][a-z ]{0,20}?)\s*:?\s+"
    r"[\"'“‘]?((?-i:[\w-]*[A-Z0-9])[\w-]*)",
    re.IGNORECASE,
)
ASKED = late_pattern(
    r"\b(?:(?:what|who|which|where|when)(?:'s|’s| is| are| was| were)"
    r"|(?:do|can|did) you (?:still )?(?:remember|recall|know|tell me)(?: what)?"
    r"|(?:tell|remind|give|show) me(?: again)?(?: of| what)?|repeat|recall|state)\s+"
    r"(my|the|our|your)\s+([\w][\w '’-]{0,60}?)"
    r"(?:\s+(?:is|was|again|I|that|we|you|from|please|in this|so far)\b[^.?!\n]*)?\s*(?:[.?!,]|$)",
    re.IGNORECASE | re.MULTILINE,
)
ASKED_BY_VERB = late_pattern(
    r"\bwhat\s+((?:\w+ ){0,2}\w+)\s+(?:did|do|was|am|have|had|should)\s+(?:I|we|you)\b", re.IGNORECASE
)
BRIEFLY = late_pattern(r"\b(?:only|just|nothing else|(?:one|single) word|alone)\b", re.IGNORECASE)

ANSWERED_AS = {"my": "Your", "your": "My", "our": "Our", "the": "The"}
UNSPECIFIC = frozenset({"secret", "own", "full", "exact", "favorite", "special", "current"})

GENERAL = {
    "capital of france": "Paris",
    "capital of germany": "Berlin",
    "capital of italy": "Rome",
    "capital of spain": "Madrid",
    "capital of england": "London",
    "capital of the united kingdom": "London",
    "capital of japan": "Tokyo",
    "capital of the netherlands": "Amsterdam",
    "meaning of life": "42",
    "largest planet": "Jupiter",
}
"""General knowledge."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement: what it is about, and the value."""

    key: frozenset[str]
    value: str


def recall(reading: Reading) -> str | None:
    """The answers to questions about earlier statements, or None when the prompt asks no such question."""
    brief = BRIEFLY.search(reading.question) is not None
    answers: list[str] = []
    for owner, thing in _questions(reading.question):
        value = _find(thing, reading)
        if value is not None:
            sentence = f"{ANSWERED_AS.get(owner.lower(), 'The')} {thing} is {value}."
            answers.append(value if brief else sentence)
    return " ".join(answers) or None


def _questions(prompt: str) -> Iterator[tuple[str, str]]:
    for match in ASKED.finditer(prompt):
        yield match[1], match[2]
    for match in ASKED_BY_VERB.finditer(prompt):
        yield "the", match[1]


def _find(thing: str, reading: Reading) -> str | None:
    key = _words(thing)
    newest = list(_facts((*reading.instructions, *reading.past)))[::-1]
    for matches in (_same, _narrower, _wider):
        for fact in newest:
            if matches(key, fact.key):
                return fact.value
    return GENERAL.get(thing.lower())


def _facts(texts: Iterable[str]) -> Iterator[Fact]:
    for text in texts:
        text = text[:READ_LENGTH]
        for match in NAMED.finditer(text):
            yield Fact(frozenset({"name"}), match[1])
        for match in REMEMBERED.finditer(text):
            yield Fact(_words(match[1]), match[2])
        for match in STATED.finditer(text):
            yield Fact(_words(match[2]), match[3].strip())


def _words(text: str) -> frozenset[str]:
    """The words of a key; `favourite colour` and `favorite color` are the same."""
    return frozenset(text.lower().replace("our", "or").split())


def _same(key: frozenset[str], fact_key: frozenset[str]) -> bool:
    return key == fact_key


def _narrower(key: frozenset[str], fact_key: frozenset[str]) -> bool:
    return key - UNSPECIFIC == fact_key - UNSPECIFIC and bool(fact_key - UNSPECIFIC)


def _wider(key: frozenset[str], fact_key: frozenset[str]) -> bool:
    """`word` asks for the code word; the `name of my dog` asks for no name."""
    return bool(fact_key) and (key < fact_key or fact_key < key) and abs(len(key) - len(fact_key)) == 1


TRIGGER = "compaction_trigger"
DEFAULT_THRESHOLD = 200_000
"""The tokens beyond which a context is compacted when the request names no threshold."""


def compact(context: Context, identity: IdSource, created_at: int) -> dict[str, Any]:
    """The compaction object: the next context window for this conversation."""
    items = list(unfold(context.items, secret(context)))
    prefixes = context.dialect.traits.id_prefixes
    messages = [
        _resource(item, identity.item(prefixes.get("message", "msg_"), index))
        for index, item in enumerate(item for item in items if item.get("role") == "user")
    ]
    compaction = {
        "id": identity.item(prefixes.get("compaction", "cmp_"), len(messages)),
        **_compaction(items, context),
    }
    plan = Plan(input_tokens=count_input(context), output_tokens=_cost(items))
    return {
        "id": identity.response,
        "object": "response.compaction",
        "created_at": created_at,
        "output": [*messages, compaction],
        "usage": usage(plan, context.dialect),
    }


def in_band(context: Context, input_tokens: int) -> tuple[Item, ...]:
    """The compaction item that opens an answer when `context_management` or a trigger demands it.

    A client may drop everything before it (CMP-14), so it also holds the user's messages.
    """
    management = context.request.get("context_management")
    if (management is None or input_tokens <= _threshold(management)) and not is_triggered(context):
        return ()
    return (_compaction(unfold(context.items, secret(context)), context, with_user=True),)


def is_triggered(context: Context) -> bool:
    """Whether the input ends in a `compaction_trigger` (CMP-15)."""
    return bool(context.items) and context.items[-1].get("type") == TRIGGER


def _threshold(management: Any) -> float:
    """The number of tokens beyond which a context is compacted."""
    entries = [entry for entry in management or () if entry.get("type") == "compaction"]
    return min((entry.get("compact_threshold") or DEFAULT_THRESHOLD for entry in entries), default=inf)


def _compaction(items: Iterable[Item], context: Context, *, with_user: bool = False) -> Item:
    memory = orjson.dumps(_memory(items, with_user=with_user))
    return {"type": "compaction", "encrypted_content": seal(memory, secret(context))}


def _resource(item: Item, new_id: str) -> Item:
    """A user message as a resource, with an id and a status."""
    content = item.get("content")
    parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
    return {
        "id": item.get("id") or new_id,
        "type": "message",
        "status": "completed",
        "content": parts,
        "role": "user",
    }


def _memory(items: Iterable[Item], *, with_user: bool = False) -> list[Item]:
    """The texts of the items with their roles; those of the user only on demand."""
    texts = (
        (item.get("role", "assistant"), text_of(item.get("content") or item.get("output"))) for item in items
    )
    return [
        {"type": "message", "role": role, "content": text}
        for role, text in texts
        if text and (with_user or role != "user")
    ]


def _cost(items: Iterable[Item]) -> int:
    return sum(ITEM_OVERHEAD + count(item["content"]) for item in _memory(items)) + ITEM_OVERHEAD
