"""What scenarios tell and ask when the answer must show what the model knows of the conversation before.

A rule looks for a code word that only the earlier turns contain, never for the exact text of an answer.
"""

from __future__ import annotations

from antiphon_conformance.probes import UNKNOWN_ID
from antiphon_spec.dialect import Dialect

FIRST_WORD = "heron-58"
SECOND_WORD = "mango-31"
OLD_COLOUR = "blue"
NEW_COLOUR = "green"

TELL_FIRST = (
    f"The first code word is {FIRST_WORD}. The colour is {OLD_COLOUR}. "
    f"Reply with exactly: The first code word is {FIRST_WORD}."
)
TELL_SECOND = f"The second code word is {SECOND_WORD}. From now on the colour is {NEW_COLOUR}. Reply with OK."
ASK_FIRST = "What is the first code word?"
ASK_ALL = "What is the first code word? What is the second code word? What is the colour?"

LONG_TASK = "Count from 1 to 300, one number a line."
"""Takes a real model long enough to be cancelled, or to be followed by a second client."""

BEYOND_ASCII = "Answer in one short line; à bientôt, \U0001f44b."
"""Instructions with letters beyond ASCII, and one beyond the basic plane; responses repeat them."""

OVERLONG = "one two " * 1_250_000
"""More than any model reads."""

UNKNOWN_RESPONSE = "resp_" + "0" * 48
UNKNOWN_ITEM = "msg_" + "0" * 48

TOOL_RESULT = "QX-7719"
"""What a tool gives back: a word that no model says unless it read the output."""

SIGN_OFF = "AHOY"
SIGNED = f'End every answer with the word "{SIGN_OFF}".'
"""Instructions whose effect can be seen in any answer."""


def unknown_response(dialect: Dialect) -> str:
    """An id that names nothing, of the form that ids of responses have."""
    return UNKNOWN_ID if dialect.traits.id_form == "uuid" else UNKNOWN_RESPONSE
