"""One search for many texts at once: `in` takes a pass for each, and `re` tries each at each place."""

from __future__ import annotations

from functools import cached_property

import jsonschema_rs


class Search:
    """Tells whether a pattern occurs in a text, with the linear engine of `jsonschema-rs`.

    It is ten times as fast as `re` at alternatives, knows the patterns that both have in common, and no
    pattern of others keeps it busy for long.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    @property
    def is_known(self) -> bool:
        """Whether the engine can read the pattern, and it is none that grows too large."""
        try:
            return self._compiled is not None
        except ValueError:
            return False

    def finds(self, text: str) -> bool:
        """Whether the pattern occurs in a text that has no half of a pair of surrogates. Raises ValueError
        where the pattern is not known."""
        return self._compiled.is_valid(text)

    @cached_property
    def _compiled(self) -> jsonschema_rs.Draft202012Validator:
        options = jsonschema_rs.RegexOptions()
        return jsonschema_rs.Draft202012Validator({"pattern": self._pattern}, pattern_options=options)
