"""The place of a finding without its indices: which object, which member, which lane of a stream."""

from __future__ import annotations

import re

from antiphon_spec.loading.construction import dataclass

STATUS, HEADER, STREAM, EVENT, ERROR = "status", "header", "stream", "event", "error"
RESPONSE, ITEM, PART, PAGE, LIST, OTHER = "response", "item", "part", "page", "list", "other"

_EVENT = re.compile(r"event\[\d+\]")
_INDEX = re.compile(r"\[\d+\]|/\d+(?=/|$)")
_LISTS = (
    (re.compile(r"^output/\d+(?:/|$)"), ITEM),
    (re.compile(r"^data/\d+(?:/|$)"), PAGE),
    (re.compile(r"^(?:content|summary)/\d+(?:/|$)"), PART),
)
"""How the path of a member enters an object inside another one."""
_HOLDERS = {"response": RESPONSE, "item": ITEM, "part": PART, "error": ERROR}
"""The members of an event that hold an object."""
_WHOLE = frozenset({RESPONSE, ERROR, PAGE})
"""The objects that an answer itself is."""
_ROOTS = ("final response", "stream/response")
_STATE = r"(?:before|after|while|within) (?P<lane>[^\s,]+),? (?P<state>began|ended|whose beginning|is [\w-]+)"
LANE = re.compile(rf"is (?P<event>\S+) {_STATE}")
END = re.compile(rf"^end of stream is reached {_STATE}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding points, whichever exchange and index it names."""

    holder: str
    """The object: `response`, `item`, `part`, `page`, `event`, `error`, `status`, `header`, `stream`."""
    member: str = ""
    """The path of the member in it without indices, `usage/total_tokens`; empty for the object itself."""

    @property
    def leaf(self) -> str:
        """The last name of the path."""
        return self.member.rpartition("/")[2]

    @property
    def head(self) -> str:
        """The first name of the path."""
        return self.member.partition("/")[0]

    def touches(self, other: Place) -> bool:
        """Whether both are about one member, or the one about a member inside the other.

        Whether an item stands in an answer or in an event does not matter.
        """
        if (self.holder in _WHOLE) is not (other.holder in _WHOLE) or not self.member:
            return False
        return f"{self.member}/".startswith(f"{other.member}/") or f"{other.member}/".startswith(
            f"{self.member}/"
        )

    @property
    def dotted(self) -> str:
        """The member as people write it: `usage.total_tokens`."""
        return self.member.replace("/", ".")


def shape(where: str) -> str:
    """The place as the finding writes it, without indices."""
    return _INDEX.sub("[]", where)


def place_of(where: str) -> Place:
    """The place that a finding's `where` names.

    >>> place_of("event[20]/response/output/0/content/0/annotations")
    Place(holder='part', member='annotations')
    """
    if where == "reply.status":
        return Place(STATUS)
    if where.startswith("reply.headers"):
        return Place(HEADER, where.removeprefix("reply.headers").strip("/").lower())
    if where.startswith("reply.body"):
        rest = where.removeprefix("reply.body").strip("/")
        return (
            Place(ERROR, shape("/" + rest).strip("/"))
            if rest.partition("/")[0] == "error"
            else _inside(RESPONSE, rest)
        )
    for root in _ROOTS:
        if where.startswith(root):
            return _inside(RESPONSE, where.removeprefix(root).strip("/"))
    match = _EVENT.match(where)
    if match is None:
        return Place(STREAM if "stream" in where else OTHER, shape(where))
    rest = where[match.end() :].strip("/")
    head, _, tail = rest.partition("/")
    return _inside(_HOLDERS[head], tail) if head in _HOLDERS else Place(EVENT, shape("/" + rest).strip("/"))


def _inside(holder: str, path: str) -> Place:
    """Walks into the lists of a response: its items, and their parts."""
    for pattern, inner in _LISTS:
        match = pattern.match(path)
        if match is not None and holder != ERROR:
            return _inside(inner, path[match.end() :])
    return Place(holder, shape("/" + path).replace("[]", "").replace("//", "/").strip("/"))
