"""What scenarios tell and ask when the answer must show what the model knows of the conversation before.

A rule looks for a code word that only the earlier turns contain, never for the exact text of an answer.
"""

from __future__ import annotations

FIRST_WORD = "heron-58"
SECOND_WORD = "mango-31"

TELL_FIRST = f"The code word is {FIRST_WORD}. Reply with exactly: The code word is {FIRST_WORD}."
TELL_SECOND = f"The other code word is {SECOND_WORD}. Reply with OK."
ASK_WORDS = "Which code words did I tell you? Name each, in the order in which I told them."
ASK_WORD = "What is the code word? Reply with it."

LONG_TASK = "Count from 1 to 300, one number a line."
"""Takes a real model long enough to be cancelled, or to be followed by a second client."""

UNKNOWN_RESPONSE = "resp_" + "0" * 48
UNKNOWN_ITEM = "msg_" + "0" * 48
