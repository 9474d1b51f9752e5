"""Why a schema cannot be filled in."""

from __future__ import annotations


class UnsupportedSchemaError(ValueError):
    """No instance of a JSON Schema was found because of `keyword`; `why` is a clause without a period."""

    def __init__(self, keyword: str, why: str) -> None:
        super().__init__(f"The JSON Schema keyword '{keyword}' is not supported here: {why}.")
        self.keyword = keyword
        self.why = why


def first_line(problem: Exception) -> str:
    """The first line of an exception's message."""
    return str(problem).partition("\n")[0]
