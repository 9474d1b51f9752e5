"""Which causes follow from which: what is wrong in one layer shows in the layers above it too."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from antiphon_spec.loading.construction import dataclass


class Link(StrEnum):
    """What a cause shares with the cause from which it follows."""

    EXCHANGE = "exchange"
    """Each of its exchanges shows the other cause."""
    LANE = "lane"
    """Both are about the same lane of a stream."""
    MEMBER = "member"
    """Both are about the same member."""
    RUN = "run"
    """Nothing but the run: where the other cause is, it cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What may follow from causes of one family."""

    cause: str
    followers: frozenset[str]
    """The families that follow, or rules; `*` is each family."""
    link: Link
    key: str = ""
    """Only causes whose key begins so."""

    def leads_to(self, family: str, rules: Iterable[str]) -> bool:
        """Whether a cause of this family, which these rules tell, may follow."""
        return bool(self.followers & {"*", family}) or set(rules) <= self.followers


def _edges(cause: str, link: Link, *followers: str, key: str = "") -> Edge:
    return Edge(cause, frozenset(followers), link, key)


IN_STREAMS = (
    "order",
    "sequence",
    "counter",
    "stream rule",
    "stream content",
    "finished object",
    "final response",
    "comparison",
)
PLAIN = "stream-parity.a-stream-ends-with-the-response-of-a-plain-create"
LATER_REQUESTS = (
    "chaining.a-call-with-its-output-is-accepted",
    "storage.a-streamed-response-is-stored",
    "requests.accepts-a-bare-reference",
    "resume.a-background-stream-can-be-streamed-again",
    "retrieve.answers-with-the-named-response",
    "reasoning.encrypted-reasoning-is-accepted-back",
)
"""The rules about requests that send back what an earlier answer held."""
END_EFFECTS = (
    "truncation.an-overlong-context-fails",
    "compaction.a-trigger-makes-a-compaction",
    "chaining.input-tokens-grow-along-a-chain",
    "structured-output.streams-as-ordinary-text",
    "structured-output.text-follows-a-strict-schema",
    "text-parts.citations-lie-within-their-text",
)
"""The rules about effects that read the end of a stream."""
EVENT_TYPES = "stream-framing.event-types-are-documented"
"""The rule about the types of events."""
LEFT = "background.a-client-that-left-finds-the-whole-answer"
"""The rule that reads the end of another stream of the run."""
CUT_CALLS = (
    "tool-calls.arguments-are-json",
    "tool-calls.arguments-follow-a-strict-schema",
    "tool-calls.arguments-fit-their-parameters",
)
"""The rules about arguments, which are half where an answer was cut and passes for whole."""
FOLLOWS: tuple[Edge, ...] = (
    *(_edges(name, Link.RUN, LEFT) for name in ("order", "stream content", "final response")),
    _edges("server error", Link.EXCHANGE, "*"),
    _edges("error object", Link.MEMBER, "rejection"),
    _edges("unreadable", Link.RUN, "errors.an-error-event-is-complete", key="stream-framing.events-have"),
    _edges("no stream", Link.EXCHANGE, "framing.a-json-body-is-json", "response.is-an-object"),
    _edges("no event", Link.EXCHANGE, *IN_STREAMS, "unreadable", "resumption", EVENT_TYPES),
    *(
        _edges(
            "unreadable",
            Link.EXCHANGE,
            "unreadable",
            "header",
            "error object",
            "value",
            "rule",
            *IN_STREAMS,
            key=key,
        )
        for key in ("stream-framing.", "errors.", "framing.a-json", "framing.every-message")
    ),
    *(
        _edges(name, Link.RUN, "resumption")
        for name in ("unreadable", "order", "sequence", "counter", "shared index")
    ),
    _edges("shared index", Link.EXCHANGE, "counter", *(name for name in IN_STREAMS if name != "sequence")),
    _edges("order", Link.LANE, "order"),
    _edges("order", Link.EXCHANGE, "order", key="item begin"),
    *(
        _edges("counter", Link.EXCHANGE, *(name for name in IN_STREAMS if name != "sequence"), key=key)
        for key in ("output_index", "content_index", "summary_index", "annotation_index", "item_id")
    ),
    _edges("order", Link.EXCHANGE, "stream rule", "counter"),
    _edges("order", Link.EXCHANGE, *IN_STREAMS, key="response"),
    _edges("order", Link.EXCHANGE, "finished object", "final response", key="item"),
    _edges("order", Link.EXCHANGE, "stream content", "finished object", "final response", key="part begin"),
    _edges(
        "order", Link.RUN, "comparison", "requests.accepts-a-bare-reference", *END_EFFECTS, key="response"
    ),
    _edges("sequence", Link.EXCHANGE, "sequence", *END_EFFECTS, key="end of a stream"),
    _edges("sequence", Link.EXCHANGE, "sequence", *IN_STREAMS, *END_EFFECTS, key="lifecycle.events-carry"),
    _edges("sequence", Link.EXCHANGE, *END_EFFECTS, key="beginning"),
    _edges("sequence", Link.EXCHANGE, "value", "usage.no-usage-before-the-end", key="lifecycle.events-fit"),
    _edges(
        "sequence",
        Link.RUN,
        "usage.an-ended-response-has-usage",
        key="lifecycle.the-terminal-event-carries-usage",
    ),
    _edges("sequence", Link.MEMBER, "comparison"),
    _edges("sequence", Link.RUN, *LATER_REQUESTS, key="lifecycle.the-id"),
    _edges("stream content", Link.EXCHANGE, "final response", "finished object"),
    _edges("stream content", Link.EXCHANGE, "stream-text.delta-logprobs-add-up-to-the-logprobs", key="text"),
    _edges("finished object", Link.EXCHANGE, "final response", "finished object"),
    *(
        _edges(name, Link.MEMBER, "comparison", "rule", *LATER_REQUESTS)
        for name in ("finished object", "final response")
    ),
    _edges("final response", Link.EXCHANGE, "stream rule", "comparison", *END_EFFECTS),
    *(
        _edges(name, Link.RUN, PLAIN)
        for name in ("member missing", "echo", "value", "sequence", "final response")
    ),
    _edges(
        "sequence", Link.RUN, "comparison", "requests.accepts-a-bare-reference", key="lifecycle.events-carry"
    ),
    _edges(
        "member missing",
        Link.EXCHANGE,
        "stream content",
        "stream rule",
        "finished object",
        "final response",
        key="event",
    ),
    _edges("member missing", Link.RUN, "resumption", key="event"),
    _edges("order", Link.EXCHANGE, "sequence", key="response"),
    _edges("order", Link.RUN, "stream-framing.event-types-are-documented", key="response"),
    _edges(
        "order",
        Link.RUN,
        "chat-stream.usage-comes-on-request",
        "chat-stream.ends-with-done",
        "chat.a-named-tool-is-called",
        "chat.a-completion-has-choices",
        key="response begin",
    ),
    _edges("rule", Link.RUN, "resumption", key="padding"),
    _edges("rule", Link.EXCHANGE, *CUT_CALLS, key="response-status.a-response-at-the-token-limit"),
    _edges("stream content", Link.EXCHANGE, *END_EFFECTS, key="text"),
    _edges("stream content", Link.RUN, "text-parts.logprobs-come-on-request", key="logprobs"),
    _edges("final response", Link.RUN, *LATER_REQUESTS),
    *(
        _edges(
            name,
            Link.MEMBER,
            "value",
            "comparison",
            "stream content",
            "final response",
            "echo",
            "rule",
            "sequence",
        )
        for name in ("member missing", "value", "stream content")
    ),
    _edges("member missing", Link.EXCHANGE, "sequence", "final response", key="response"),
    _edges("value", Link.EXCHANGE, "final response"),
    _edges("value", Link.RUN, *LATER_REQUESTS),
    _edges("member missing", Link.RUN, *LATER_REQUESTS),
    _edges(
        "rule",
        Link.RUN,
        "item-references.the-model-sees-the-item",
        "requests.accepts-a-bare-reference",
        key="previous_response_id",
    ),
)
"""Which families follow from which, and what the two must share."""
