"""A picture or a file that the server accepts reaches the model.

A model may look at a picture and say nothing of it. So a server is blamed only where four things come
together: the answer does not show the part; the server counts tokens, for it counts a longer text as more; it
counts none for the part; and it answers a part that nobody can read as if nothing were wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiphon_conformance.http.text import show
from antiphon_conformance.requests.signs import fails
from antiphon_conformance.rules.reading.comparison import input_tokens, says, succeeded
from antiphon_conformance.rules.rule import Finding, add, make, rule_id
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_conformance.scenarios.attachments import ATTACHMENTS, Attachment

SCENARIO = "attachments"
CITES = {"picture": "REQ-97", "file": "REQ-98", "picture_in_an_output": "REQ-99"}


def _words(entry: Attachment) -> str:
    return entry.name.replace("_", " ")


def _is_measured(entry: Attachment) -> Callable[[ScenarioTrace], bool]:
    """Whether the answer shows the part, or the steps that look further took place and tokens are counted."""
    steps = (entry.name, f"no_{entry.name}", f"more_than_no_{entry.name}")

    def has_measure(trace: ScenarioTrace) -> bool:
        if succeeded(entry.name)(trace) and says(trace[entry.name], entry.sign):
            return True
        if not succeeded(*steps)(trace) or f"broken_{entry.name}" not in trace:
            return False
        return input_tokens(trace[steps[2]]) > input_tokens(trace[steps[1]]) > 0

    return has_measure


def _check(entry: Attachment) -> Callable[[ScenarioTrace], Iterator[Finding]]:
    def check(trace: ScenarioTrace) -> Iterator[Finding]:
        answer = trace[entry.name]
        if says(answer, entry.sign):
            return
        without, broken = input_tokens(trace[f"no_{entry.name}"]), trace[f"broken_{entry.name}"]
        if input_tokens(answer) <= without and broken.ok and not fails(broken):
            yield Finding(
                "reply.body/usage/input_tokens",
                f"more than {show(without)}, which the same question without the {_words(entry)} counts; "
                f"a {_words(entry)} that cannot be read is answered, too",
                show(input_tokens(answer)),
                answer.id,
            )

    return check


for _entry in ATTACHMENTS:
    add(
        make(
            rule_id("requests", f"a_{_entry.name}_reaches_the_model"),
            f"A {_words(_entry)} that the server accepts reaches the model.\n\n"
            "A server that drops it answers as if the user had sent none; one that cannot read it says so.",
            ScenarioTrace,
            _check(_entry),
            cites=(CITES[_entry.name],),
            scenario=SCENARIO,
            when=_is_measured(_entry),
            needs=f"an answer that shows the {_words(_entry)}, or a server that counts tokens",
        )
    )
