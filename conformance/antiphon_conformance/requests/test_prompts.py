"""Prompts whose answers show what the model knows of the conversation before.

A rule looks for a code word that only the earlier turns contain, never for the exact text of an answer.
"""

from __future__ import annotations

from antiphon_conformance.requests.constants import UNKNOWN_ID
from antiphon_spec.dialect import Dialect

FIRST_WORD = "heron-58"
SECOND_WORD = "mango-31"
THIRD_WORD = "plum-46"
OLD_COLOUR = "blue"
NEW_COLOUR = "green"

TELL_FIRST = (
    f"The first code word is {FIRST_WORD}. The colour is {OLD_COLOUR}. "
    f"Reply with exactly: The first code word is {FIRST_WORD}."
)
TELL_SECOND = f"The second code word is {SECOND_WORD}. From now on the colour is {NEW_COLOUR}. Reply with OK."
TELL_ITEM = f"The first code word is {FIRST_WORD}. The colour is {OLD_COLOUR}."
TELL_UNSTORED = "The password of the shed is quince-77. Reply with OK."
ASK_FIRST = "What is the first code word?"
ASK_ALL = "What is the first code word? What is the second code word? What is the colour?"
ASK_THIRD = "What is the third code word?"

TELL_SIMPLY = f"The code word is {FIRST_WORD}."
TELL_ANEW = f"The code word is {SECOND_WORD}."
ASK_SIMPLY = "What is the code word?"
"""The same in the simplest sentences, for models that understand no more."""

LONG_TASK = "Count from 1 to 300, one number a line."
"""A task that keeps a real model busy long enough for a cancel or for a second reader."""

BEYOND_ASCII = "Answer in one short line; à bientôt, \U0001f44b."
"""Instructions with letters beyond ASCII and one beyond the basic plane; responses echo them."""

LETTERS = "à bientôt e\u0301 \U0001f44b\U0001f3fd \u2028 \u05e9\u05c1"
"""Letters beyond ASCII that a stream may cut badly: accented, combining, beyond the basic plane with a
modifier, a line separator that JSON allows bare, and letters that are written from right to left."""

OVERLONG = "one two " * 1_250_000
"""More text than any model accepts."""

HELLO = "Say hello."

UNKNOWN_RESPONSE = "resp_" + "0" * 48
UNKNOWN_CONVERSATION = "conv_" + "0" * 48
UNKNOWN_ITEM = "msg_" + "0" * 48

TOOL_RESULT = "QX-7719"
"""The output of a tool: a word that no model says unless it read the output."""

SIGN_OFF = "AHOY"
SIGNED = f'End every answer with the word "{SIGN_OFF}".'
"""Instructions whose effect is visible in any answer."""


def unknown_response(dialect: Dialect) -> str:
    """An unknown id in the form of response ids."""
    return UNKNOWN_ID if dialect.traits.id_form == "uuid" else UNKNOWN_RESPONSE
