"""Constants that scenarios send on purpose and rules recognise: unknown names, and limits."""

from __future__ import annotations

CHAT = "createChatCompletion"
"""The older way to ask, beside responses: judged by what every client reads, and not by its requests,
to which vendors add members of their own."""
LIBRARY_CHAT = "createCompletion"
"""A chat about a collection of a library."""
UNKNOWN_CHAT = "chatcmpl-0123456789abcdef"
"""The id of no chat."""
UNKNOWN_MODEL = "no-such-model"
WRONG_KEY = "wrong-key-0123456789abcdef0123456789abcdef"
UNKNOWN_ROUTE = "/no-such-route"
ORIGIN = "https://antiphon.example"
"""The origin of a page, as a browser sends it."""
LONGEST_TEXT = 10_485_760
"""The maximum number of characters in a text."""
NO_UUID = "no-uuid"
"""An id that is not a UUID, for APIs whose ids are UUIDs."""
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
"""A UUID that names nothing."""
FAR_PAST = "2001-01-01"
"""A day before the creation of anything that a target can list."""
