"""What a hosted tool is asked, and what its call puts into the output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from antiphon_mockserver.response.plan import Container, Context, Item, StoredText
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_pattern

Tool = Mapping[str, Any]

HOME = "/mnt/data"
"""The folder of the files of a container."""
LONGEST_SUBJECT = 200
"""Characters of a subject."""
ORDER = late_pattern(
    r"\b(?:search|look ?up|look for|find|google|browse|ask)\b(?: me)?"
    r"(?:(?: the| my| our| through| in| on| up| these| this)* "
    r"(?:web|internet|net|files?|documents?|docs|notes|vector store|knowledge base|library|tools?)\b)?"
    r"(?: for| about| on)?[:\s]+(\S[^\n]*)",
    re.IGNORECASE,
)
"""An order to search, and what for."""
QUOTED = late_pattern(r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|`([^`\n]{1,200})`")
END = late_pattern(r"[.?!](?:\s|$)|, (?:and|then) ")


@dataclass(frozen=True, slots=True)
class Citation:
    """A phrase of the answer that comes from a source."""

    phrase: str
    annotation: Mapping[str, Any]
    """The annotation of the text, without its place in it."""


@dataclass(frozen=True, slots=True)
class Work:
    """One call of a tool: its items, and what the model reads of it."""

    items: tuple[Item, ...]
    tool: str = ""
    output: str | None = None
    """None when the client has to answer; then no text follows in this response."""
    citations: tuple[Citation, ...] = ()
    container: Container | None = None
    """The container of its program or shell."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the model asks of a hosted tool."""

    tool: Tool
    """The tool as in the request."""
    prompt: str
    """The part of the prompt that is about this tool."""
    context: Context

    def includes(self, name: str) -> bool:
        """Whether the request includes this part of the output."""
        return name in (self.context.request.get("include") or ())

    @property
    def subject(self) -> str:
        """What to search for or to draw: the quoted words, what follows the order, else the whole prompt."""
        if quotation := QUOTED.search(self.prompt):
            text = next(group for group in quotation.groups() if group)
        elif order := ORDER.search(self.prompt):
            text = END.split(order[1], maxsplit=1)[0]
        else:
            text = self.prompt
        return text.strip().rstrip(".?!")[:LONGEST_SUBJECT]

    @property
    def container(self) -> str:
        """The id of the container in which the tool works."""
        return container_of(self.tool, self.context)

    def container_with(self, *files: StoredText) -> Container:
        """The container, with the files that the tool wrote in it."""
        return Container(self.container, own_container(self.tool) is not None, files)


def own_container(tool: Tool) -> str | None:
    """The id of the client's own container that a tool names; None where the server makes one."""
    own = tool.get("container") or (tool.get("environment") or {}).get("container_id")
    return own if isinstance(own, str) else None


def container_of(tool: Tool, context: Context) -> str:
    """The id of the container in which a tool works: the client's own, or the one of its key."""
    if (own := own_container(tool)) is not None:
        return own
    digest = blake2b(f"{context.seed}\0{context.key}".encode(errors="replace"), digest_size=24)
    return f"cntr_{digest.hexdigest()}"
