"""Why a schema cannot be filled in."""

from __future__ import annotations


class Unsupported(ValueError):  # noqa: N818 - it says what the schema is, not that something broke
    """A JSON Schema for which no instance could be made; `keyword` is what stood in the way."""

    def __init__(self, keyword: str, why: str) -> None:
        super().__init__(f"The JSON Schema keyword '{keyword}' is not supported here: {why}.")
        self.keyword = keyword
        self.why = why
