"""A cause in words for people: one sentence that says the fault, and one line of evidence."""

from __future__ import annotations

import re
import textwrap

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.causes import Cause
from antiphon_conformance.report.families import BLOCKED, HOLDERS, MESSAGE, holder_of
from antiphon_conformance.report.place import END, LANE
from antiphon_conformance.rules.reading.streams import WITH_EVENTS
from antiphon_conformance.rules.rule import find_rule

IN_STREAMS = ("event[", "end of stream")
"""How the places begin that stand in a stream."""
MOST_SUBJECTS = 4
"""How many members or requests a title lists."""
LONGEST = 160
MOST_WORDS = 110
"""The longest reason in a cell of a table, in characters."""
_ALTERNATIVES = re.compile(r",? or ")
_ONE_KIND = re.compile(r"\b1 kinds of wrong requests are")
_STATUS = re.compile(r"\d{3}")


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 rule`, `2 rules`, `1,196 rules`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def title_of(cause: Cause) -> str:
    """What is wrong, in one sentence."""
    if cause.family.name in ("order", "no event"):
        return safe(_order(cause), LONGEST)
    if cause.family is BLOCKED:
        return f"{plural(len(cause.rules), 'rule')} could not look: {safe(cause.key, 100)}"
    if cause.family.name == "value":
        return _value(cause)
    if cause.family.name == "right request" and cause.key != cause.record.rule:
        return safe(f"A right request is rejected: {_own_words(cause)}", LONGEST)
    if not cause.family.title:
        return summary_of(cause.record.rule)
    subjects = cause.worst_subjects
    status = _STATUS.search(cause.finding.actual) if cause.finding else None
    title = cause.family.title.format(
        key=cause.key or "The server",
        got=status.group() if status else "with a server error",
        count=len(cause.rules),
        list=listing(subjects),
        members=plural(len(subjects), "required member"),
        holder=HOLDERS.get(cause.key, cause.key.capitalize()),
    )
    return safe(_ONE_KIND.sub("1 kind of wrong request is", title), LONGEST)


def short_of(cause: Cause) -> str:
    """What is wrong in a few words, for a cell of a table: `lacks output_index and 3 more`."""
    subjects = cause.worst_subjects
    if cause.family.name == "member missing" and subjects:
        rest = len(subjects) - 1
        return safe(f"lacks {subjects[0]}" + (f" and {rest} more" if rest else ""), MOST_WORDS)
    words = title_of(cause).partition(" before ")[0].replace("`", "")
    return textwrap.shorten(words, MOST_WORDS, placeholder=" ...")


def summary_of(rule: str) -> str:
    """What a right server does, by the rule's summary; the id of a rule that no longer exists."""
    entry = find_rule(rule)
    return f"Not so: {entry.summary.rstrip('.')}" if entry else rule


def listing(names: tuple[str, ...], most: int = MOST_SUBJECTS) -> str:
    """`a, b and 3 more`."""
    rest = len(names) - most
    return ", ".join(names) if rest <= 1 else f"{', '.join(names[:most])} and {rest} more"


def evidence_of(cause: Cause, limit: int = 200) -> str:
    """The shown finding, or why there is none."""
    return safe(cause.finding.message if cause.finding else cause.record.note, limit)


def extent_of(cause: Cause, streams: int = 0) -> str:
    """How much of the run shows it: where only events do, of so many streams."""
    if not cause.finding:
        return f"in {plural(cause.exchanges, 'scenario')}"
    places = (place.finding.where for place in cause.places if place.finding)
    if streams and all(where.startswith(IN_STREAMS) for where in places):
        return f"in {cause.exchanges} of {plural(max(streams, cause.exchanges), 'stream')}"
    return f"in {plural(cause.exchanges, 'exchange')}"


def aftermath_of(cause: Cause) -> str:
    """What follows from it and what it hides, in one line; empty when it stands alone."""
    later, hidden = len(cause.further_rules), len(cause.hidden_rules)
    if cause.family is BLOCKED:  # its title counts the rules
        later = 0
    parts = [
        f"{plural(later, 'further rule')} {'fails' if later == 1 else 'fail'}" if later else "",
        f"{plural(hidden, 'rule')} could not look" if hidden else "",
    ]
    text = " and ".join(filter(None, parts))
    return f"{text} because of it" if text else ""


def _own_words(cause: Cause) -> str:
    """The server's own words, as far as the finding quotes them."""
    match = MESSAGE.search(cause.finding.actual) if cause.finding else None
    return match.group(1).replace('\\"', '"') if match else cause.key


def _value(cause: Cause) -> str:
    place = cause.first.look.place if cause.first.look else None
    if place is None or cause.finding is None or cause.first.look is None:
        return summary_of(cause.record.rule)
    if len(cause.rules) == 1 and not _reads_the_document(cause.record.rule):
        return summary_of(cause.record.rule)
    names = dict.fromkeys(row.look.place.dotted for row in cause.places if row.look)
    holder = HOLDERS.get(holder_of(cause.first.look), "responses").lower()
    return f"`{listing(tuple(names))}` of {holder} {'is' if len(names) == 1 else 'are'} wrong"


def _reads_the_document(rule: str) -> bool:
    """Whether a rule compares all members with the document, so that only the member tells what is wrong."""
    entry = find_rule(rule)
    return entry is None or "document" in entry.summary


def _is_repeated(event: str, state: str) -> bool:
    """Whether an event tells the state in which the response is already: nothing was absent before it."""
    return event == "response.created" or state == f"is {event.removeprefix('response.')}"


def _order(cause: Cause) -> str:
    """`No response.output_item.done before response.completed`."""
    message = cause.finding.message if cause.finding else ""
    expected = cause.finding.expected if cause.finding else ""
    events = _ALTERNATIVES.split(expected)
    first = events[0]
    if END.search(message) and first.startswith("response."):
        if cause.family.name == "no event":
            types = message.partition(WITH_EVENTS)[2].partition(": expected")[0]
            return (
                f"Streams have none of the documented events, but {types}"
                if types
                else "A stream has no event"
            )
        return "A stream ends without a terminal event, such as response.completed"
    step = LANE.search(message)
    if step is not None and _is_repeated(step["event"], step["state"]):
        return f"A second {step['event']} in a stream"
    if step is not None and first.startswith("response."):
        is_open = cause.key.endswith(" end")
        absent = next((event for event in events if is_open and event.endswith(".done")), first)
        return f"No {absent} before {step['event']} in a stream"
    return summary_of(cause.record.rule)
