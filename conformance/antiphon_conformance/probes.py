"""What scenarios send on purpose, and rules recognise: names that nobody has, limits that nobody passes."""

from __future__ import annotations

UNKNOWN_MODEL = "no-such-model"
WRONG_KEY = "wrong-key-0123456789abcdef0123456789abcdef"
UNKNOWN_ROUTE = "/no-such-route"
ORIGIN = "https://antiphon.example"
"""Where the page that asks would come from, if a browser asked."""
LONGEST_TEXT = 10_485_760
"""How many characters a text may have."""
NO_UUID = "no-uuid"
"""An id of a form that no id has where all are UUIDs."""
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
"""A UUID that names nothing."""
FAR_PAST = "2001-01-01"
"""A day before anything was made that a target could list."""
