"""How findings fold into causes: one table of families.

A family says by what its findings share a cause (`key`): the object that lacks members, the member with a
wrong value, the lane of a stream that is out of order, the endpoint that breaks. A finding belongs to the
first family that `holds` it. Families of a low `layer` come first: what is wrong there shows in the layers
above it too; `follows.py` says where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property

from antiphon_conformance.report import place as places
from antiphon_conformance.report.place import Place, place_of
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind

ABSENT = "absent"
ANY_CREATE = "requests.a-create-that-others-depend-on-is-accepted"
"""The rule about creates of every kind: what it tells is a fault of one conversation."""
FORM_RULES = "requests.accepts-"
"""How the rules about valid forms of a request begin: each tells a fault of its own."""
NO_EFFECT = "no effect"
"""The fault of rules about documented effects."""
SCHEMA_TOPICS = frozenset({
    "response", "response-members", "item-members", "items", "tool-calls", "usage", "stream-schema",
    "reasoning", "stream-numbers", "compaction", "listing", "input-items", "stream-items", "answer-schema",
    "errors", "response-status", "stream-padding", "filtered-answers",
})  # fmt: skip
"""The topics of the rules that read the members of one object, whatever the request was."""
ECHOES = frozenset({"echo", "echo-tools", "defaults"})
COUNTERS = frozenset({
    "output_index", "content_index", "summary_index", "annotation_index", "sequence_number", "item_id",
})  # fmt: skip
"""The members of an event that say to which object of the stream it belongs."""
UNTRUE = frozenset({
    "response-status.a-response-at-the-token-limit-is-incomplete", "response-status.completed-has-no-error",
})  # fmt: skip
"""The rules whose breach tells a client that an answer is whole when it is not: no client can see that."""
COMPARISONS = ("stream-parity.", "retrieve.retrieved-equals", "retrieve.a-stored", "background.polling-shows")
FINAL = (
    "lifecycle.the-terminal-event-repeats-the-items",
    "lifecycle.the-terminal-event-has-the-items-of-the-stream",
)
SUMS = ("-in-their-", "add-up", "keep-their-", *FINAL)
"""Parts of the ids of rules that compare one place of a stream with another."""
MESSAGE = re.compile(r'"(?:message|detail)": ?"((?:[^"\\]|\\.){4,})')
_VARYING = re.compile(r'"(?:[^"\\]|\\.)*"?|`[^`]*`|[\w-]*\d[\w-]*')
UNREADABLE = frozenset({
    "framing.every-field-is-a-standard-field", "framing.every-message-has-data", "framing.a-stream-is-utf-8",
    "framing.a-blank-line-ends-the-last-message", "framing.a-json-body-is-json",
    "stream-framing.data-is-one-json-object", "stream-framing.events-have-a-type",
    "transport.a-stream-is-complete",
    "transport.the-content-encoding-matches-the-body", "transport.without-stream-the-answer-is-one-document",
    "errors.an-error-is-json",
})  # fmt: skip
"""The rules whose breach leaves little to read: the rules above them look at what is left."""
DOCUMENTS = "errors.an-error-is-json"
"""The one of them that also reads the content type: a wrong label leaves the body as it is."""
LABEL = "transport.a-stream-is-labelled-event-stream"
"""The rule about the content type of streams."""
EFFECTS: Mapping[str, tuple[str, ...]] = {
    "end of a stream": (
        "lifecycle.ends-with-a-terminal-event", "lifecycle.ends-once",
        "stream-framing.nothing-follows-the-terminal-event",
    ),
    "beginning of a stream": ("lifecycle.begins-with-created", "lifecycle.states-follow-each-other"),
    "previous_response_id": (
        "chaining.a-chain-knows-the-whole-history", "chaining.a-second-branch-knows-the-common-past",
        "chaining.input-tokens-grow-along-a-chain", "chaining.a-chain-counts-its-whole-history",
        "chaining.a-chain-keeps-the-order-of-its-turns",
    ),
    "tool_choice": (
        "tool-choice.required-makes-a-call", "tool-choice.a-named-tool-is-called",
        "tool-choice.required-allowed-tools-make-a-call", "tool-choice.none-makes-no-call",
        "tool-choice.allowed-tools-is-a-hard-limit",
    ),
    "text.format": (
        "structured-output.text-follows-a-strict-schema", "structured-output.text-is-a-json-object",
        "structured-output.streams-as-ordinary-text",
    ),
    "padding": ("stream-padding.is-absent-on-request", "resume.padding-can-be-switched-off-for-a-replay"),
    "resuming a stream": (
        "resume.first-part-and-rest-make-the-whole-stream", "resume.resuming-after-the-end-returns-the-rest",
        "resume.replayed-events-are-identical", "resume.a-replay-begins-at-the-beginning",
        "resume.two-clients-follow-a-response-to-its-end", "resume.a-resumed-stream-begins-after-its-cursor",
        "resume.resuming-after-the-last-event-is-empty-or-rejected",
    ),
    "paging": (
        "pagination.a-page-leaves-out-its-cursor", "pagination.a-page-begins-after-its-cursor",
        "pagination.pages-partition-the-list-ascending", "pagination.pages-partition-the-list-descending",
        "input-items.a-page-after-the-last-item-is-empty", "pagination.has-more-is-true-when-items-follow",
    ),
    "item references": ("item-references.the-model-sees-the-item", "requests.accepts-a-bare-reference"),
}  # fmt: skip
"""Rules that see one effect from several sides; the summary of the first broken one is the title."""
PARAMETERS: Mapping[str, str] = {
    "conversations.a-response-names-its-conversation": "conversation",
    "text-parts.logprobs-come-on-request": "include",
    "compaction.a-long-context-is-compacted-on-request": "context_management",
    "compaction.a-trigger-makes-a-compaction": "compaction_trigger",
    "background.a-background-create-answers-at-once": "background",
}
"""Rules about what optional parameters do, those first whose silence costs a client most: a server that
rejects none of them has one fault, not five."""
_EFFECT_OF = {rule: name for name, rules in EFFECTS.items() for rule in rules}
SIDES = {"began": "begin", "whose beginning": "either"}
"""The side on which a lane is wrong, by the words of the finding; by all others it did not end."""
LISTS = frozenset({"input-items", "listing", "pagination"})
"""The topics of rules about answers that are lists."""
STREAM_TOPICS = frozenset({"stream-items", "stream-text", "stream-calls", "stream-reasoning"})


@dataclass(frozen=True)
class Sight:
    """A finding with its record and its place: what the table looks at."""

    record: Record
    finding: Finding
    place: Place
    operation: str
    """Method and path of the request, `POST /responses`; empty when the report does not know it."""

    @property
    def topic(self) -> str:
        """The first part of the rule's id."""
        return self.record.rule.partition(".")[0]

    @property
    def is_strict(self) -> bool:
        """Whether it is about how the server treats wrong requests."""
        return self.record.kind is Kind.STRICTNESS

    @property
    def is_absent(self) -> bool:
        """Whether a member was not sent."""
        return self.finding.actual in (ABSENT, "missing")

    @cached_property
    def order(self) -> re.Match[str] | None:
        """Which lane of a stream is out of order; several families ask."""
        return places.LANE.search(self.finding.message) or places.END.search(self.finding.message)

    @property
    def rejection(self) -> str:
        """The server's own words in the answer, without what varies; empty without any."""
        return own_words(self.finding.actual)


def own_words(text: str) -> str:
    """The message of an error that a text quotes, without ids and numbers."""
    match = MESSAGE.search(text)
    words = match.group(1) if match else ""
    return " ".join(_VARYING.sub("~", words).split())[:48]


def sight(record: Record, finding: Finding, operation: str = "") -> Sight:
    """The finding as the table looks at it."""
    return Sight(record, finding, place_of(finding.where), operation)


@dataclass(frozen=True, slots=True)
class Family:
    """Findings that share causes by one key."""

    name: str
    layer: int
    holds: Callable[[Sight], bool]
    key: Callable[[Sight], str] = lambda _: ""
    title: str = ""
    """The title of a cause: `{list}` and `{count}` are about its subjects, `{key}` is its key.
    Without one, the summary of the rule is the title."""
    subject: Callable[[Sight], str] | None = None
    """What a cause of this family lists: members, parameters, wrong requests; None when it lists nothing."""


def _is_status(look: Sight, first: str) -> bool:
    return look.place.holder == places.STATUS and look.finding.actual.startswith(first)


def _order_key(look: Sight) -> str:
    """The lane that is out of order, and whether it was not begun or not ended."""
    match = look.order
    if match is None:
        return ""
    lane = places.shape(match["lane"]).replace("[]", "").rpartition("/")[2]
    return f"{lane} {SIDES.get(match['state'], 'end')}"


def _is_sum(look: Sight) -> bool:
    return any(part in look.record.rule for part in SUMS)


def _is_final(look: Sight) -> bool:
    return look.record.rule in FINAL or (_is_sum(look) and "/response/" in look.finding.where)


def _is_finished(look: Sight) -> bool:
    return _is_sum(look) and look.place.holder in (places.ITEM, places.PART)


def _item_member(look: Sight) -> str:
    holder = places.RESPONSE if look.place.holder == places.ERROR else look.place.holder
    return f"{holder}/{look.place.head}"


_PATHS = {places.ITEM: "output[].", places.PART: "output[].content[]."}
"""Where the objects inside a response stand in it."""


def holder_of(look: Sight) -> str:
    """The object that a finding is about: an answer is a response or a list."""
    is_list = look.topic in LISTS and look.place.holder == places.RESPONSE
    return places.LIST if is_list else look.place.holder


def _owner(look: Sight) -> str:
    """The same, where what stands in a response belongs to it."""
    return places.RESPONSE if look.place.holder in (*_PATHS, places.ERROR) else holder_of(look)


def _member(look: Sight) -> str:
    return _PATHS.get(look.place.holder, "") + look.place.dotted


def _lacks_its_error(look: Sight) -> bool:
    """Whether a response has no member `error`, which is null where nothing failed."""
    is_whole = look.place.holder == places.ERROR and look.place.member == "error"
    return is_whole and look.topic == "response" and look.is_absent


def _lacks(look: Sight) -> bool:
    return (
        look.is_absent
        and look.topic in SCHEMA_TOPICS
        and look.record.kind is Kind.INTEROP
        and not _is_sum(look)
        and (
            look.place.holder in (places.RESPONSE, places.ITEM, places.PART, places.EVENT, places.PAGE)
            or _lacks_its_error(look)
        )
        and bool(look.place.member)
    )


def _is_value(look: Sight) -> bool:
    return (
        look.topic in SCHEMA_TOPICS
        and look.record.rule not in UNTRUE
        and look.record.kind is Kind.INTEROP
        and look.place.holder in (places.RESPONSE, places.ITEM, places.PART, places.PAGE, places.ERROR)
        and bool(look.place.member)
    )


def _is_sequence(look: Sight) -> bool:
    if look.record.rule in EFFECTS["end of a stream"]:
        return look.order is None
    return look.topic == "lifecycle" and look.order is None and not _is_sum(look)


def _is_label(look: Sight) -> bool:
    """Whether a finding is about the content type of a document that can be read."""
    return look.record.rule == DOCUMENTS and look.place.member == "content-type"


def _has_no_event(look: Sight) -> bool:
    match = places.END.search(look.finding.message)
    return match is not None and (match["lane"], match["state"]) == ("response", "began")


def _label(look: Sight) -> str:
    return "a body without content type" if look.is_absent else look.finding.actual


def _is_of_a_stream(look: Sight) -> bool:
    """Whether a finding is about an event of a stream that answers, and not about an error."""
    return look.finding.where.startswith("event[") and "/error" not in look.finding.where


def _rejects(look: Sight) -> bool:
    return _is_status(look, "4") and not look.is_strict and not look.finding.expected.startswith("4")


FAMILIES: tuple[Family, ...] = (
    Family("vendor habit", 9, lambda look: look.record.kind is Kind.VENDOR,
           title="Habits of this very vendor", subject=lambda look: look.record.rule),
    Family("resumption", 8, lambda look: look.topic == "resume",
           lambda look: _EFFECT_OF.get(look.record.rule, look.record.rule)),
    Family("broken form", -1, lambda look: _is_status(look, "5") and look.record.rule.startswith(FORM_RULES),
           lambda look: look.record.rule),
    Family("server error", 0, lambda look: _is_status(look, "5"), lambda look: look.operation,
           "{key} answers {got}"),
    Family("leniency", 9, lambda look: look.is_strict and _is_status(look, "2"),
           title="{count} kinds of wrong requests are accepted", subject=lambda look: look.record.rule),
    Family("parameter", 7, lambda look: look.record.rule in PARAMETERS and not _is_status(look, ""),
           title="Parameters lack their documented effect: {list}",
           subject=lambda look: PARAMETERS[look.record.rule]),
    Family("comparison", 8, lambda look: look.record.rule.startswith(COMPARISONS),
           lambda look: look.place.head or look.record.rule),
    Family("error object", 3, lambda look: look.place.holder == places.ERROR and (
               look.is_absent or look.place.member == "error" or look.topic == "errors")
               and look.topic not in ("response-members", "response-status")
               and not _lacks_its_error(look),
           title="Errors are no `error` object with all its members",
           subject=lambda look: look.place.dotted.removeprefix("error.")),
    Family("rejection", 9, lambda look: look.is_strict and not _is_of_a_stream(look),
           title="{count} kinds of wrong requests are rejected in another way than documented",
           subject=lambda look: look.record.rule),
    Family("right request", 7, _rejects, lambda look: look.rejection or look.record.rule),
    Family("no stream", 0, lambda look: look.record.rule == LABEL, _label,
           "Streams come as {key}, not as text/event-stream"),
    Family("unreadable", 1, lambda look: look.record.rule in UNREADABLE and not _is_label(look),
           lambda look: look.record.rule),
    Family("preflight", 1, lambda look: look.place.holder == places.HEADER
               and look.place.member.startswith("access-control-"),
           title="A preflight lacks headers: {list}", subject=lambda look: look.place.member),
    Family("header", 1, lambda look: look.place.holder == places.HEADER, lambda look: look.place.member),
    Family("no event", 2, _has_no_event),
    Family("sequence", 3, _is_sequence,
           lambda look: _EFFECT_OF.get(look.record.rule, look.record.rule)),
    Family("member missing", 4, _lacks, _owner, "{holder} lack {members}: {list}", _member),
    Family("echo", 6, lambda look: look.topic in ECHOES,
           title="Responses do not show the parameters of the request: {list}",
           subject=lambda look: look.place.dotted),
    Family("shared index", 1, lambda look: look.record.rule == "stream-items.are-added-once",
           title="Two `output_item.added` of a stream share one `output_index`"),
    Family("order", 3, lambda look: look.order is not None, _order_key),
    Family("counter", 2, lambda look: look.place.holder == places.EVENT and look.place.leaf in COUNTERS,
           lambda look: look.place.leaf, "`{key}` of stream events is wrong"),
    Family("final response", 6, _is_final,
           title="The last event of a stream does not repeat what was streamed"),
    Family("finished object", 6, _is_finished,
           lambda look: "item" if "/item" in look.finding.where else "part",
           "The finished {key} of a stream does not repeat what was streamed"),
    Family("stream content", 5, _is_sum, lambda look: look.place.leaf,
           "`{key}` differs between the events of a stream"),
    Family("paging", 4, lambda look: look.record.rule in EFFECTS["paging"]),
    Family("value", 4, _is_value, _item_member),
    Family("stream rule", 5, lambda look: look.topic in STREAM_TOPICS,
           lambda look: _EFFECT_OF.get(look.record.rule, look.record.rule)),
    Family("rule", 7, lambda _: True, lambda look: _EFFECT_OF.get(look.record.rule, look.record.rule)),
)  # fmt: skip
"""The families; the first that holds a finding takes it."""
BLOCKED = Family("not reached", 10, lambda _: False)
"""Rules that could not look, where no cause says why."""
HOLDERS: Mapping[str, str] = {
    places.RESPONSE: "Responses",
    places.ITEM: "Output items",
    places.EVENT: "Stream events",
    places.PAGE: "Listed items",
    places.LIST: "Lists",
}


def family_of(look: Sight) -> Family:
    """The family of a finding."""
    return next(family for family in FAMILIES if family.holds(look))


def fault(look: Sight) -> str:
    """What is wrong where, in few words that no run varies: `response/output absent`, `status 4xx`.

    What a client survives in an answer may break it in a stream, so that the words tell the two apart.
    """
    if look.order is not None:
        return f"order {_order_key(look)}"
    place = look.place
    if place.holder == places.STATUS:
        request = f" in {look.record.scenario}" if look.record.rule == ANY_CREATE else ""
        return f"status {look.finding.actual[:1]}xx{request}"
    stream = " in a stream" if "/" in look.finding.where and _in_stream(look) else ""
    if look.record.kind is Kind.CONTRACT:
        return NO_EFFECT + stream
    effect = "absent" if look.is_absent else "null" if look.finding.actual == "null" else "wrong"
    member = f"{place.holder}/{place.member}" if place.member else place.holder
    return f"{member} {effect}{stream}"


def _in_stream(look: Sight) -> bool:
    return look.finding.where.startswith(("event[", "final response", "stream/")) and (
        look.place.holder != places.EVENT
    )


def is_loud(record: Record) -> bool:
    """Whether a record needs a reader: it found something, or was kept from looking."""
    return record.outcome in (
        Outcome.BROKEN,
        Outcome.FAILED,
        Outcome.UNTESTABLE,
        Outcome.WARNED,
        Outcome.NOTED,
    )
