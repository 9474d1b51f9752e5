"""Right requests made wrong in one place by Hypothesis, so that it can shrink them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    7,
    0.5,
    1e300,
    "",
    "no such word",
    " ",
    "\x00",
    "x" * 70,
    [],
    [None],
    {},
    {"x": 1},
)
"""Values that fit in few places. The simple values come first: Hypothesis shrinks towards them."""
Location = tuple[str | int, ...]


@st.composite
def spoilt(draw: st.DrawFn, right: st.SearchStrategy[Any]) -> Any:
    """A request of `right` in which one member or element is replaced by an odd value or removed."""
    body = deepcopy(draw(right))
    candidates = list(matches(body))
    if not candidates:
        return draw(st.sampled_from(ODD))
    *way, last = draw(st.sampled_from(candidates))
    holder = body
    for step in way:
        holder = holder[step]
    if draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = draw(st.sampled_from(ODD))
    return body


def matches(value: Any, here: Location = ()) -> Iterator[Location]:
    """The place of every member and element inside a value, the outer places first."""
    inside = list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    yield from ((*here, step) for step, _ in inside)
    for step, inner in inside:
        yield from matches(inner, (*here, step))
