"""Which models and keys exist: every name that a client sends, except names that look invalid.

So `gpt-5.2` and `my-model` exist; `no-such-model` and `invalid-model` do not. In the same way the server
accepts every key except `wrong-key`, `sk-invalid` and the like. `--model` and `--api-key` list the only ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

INVALID_NAME = re.compile(
    r"(^|[^a-z0-9])(unknown|invalid|missing|fake|bogus|wrong|incorrect|expired|revoked|non-?existent|no-such|not-a|"
    r"not-found|not-exist|does-?not-?exist|doesnt-exist)([^a-z0-9]|$)"
)


def is_served(name: str, models: Collection[str]) -> bool:
    """Whether a model of this name exists; when `models` is empty, any name that does not look invalid."""
    return name in models if models else bool(name.strip()) and not looks_invalid(name)


@lru_cache(maxsize=256)
def looks_invalid(name: str) -> bool:
    """Whether a name says by itself that it is invalid, such as `no-such-model`."""
    return INVALID_NAME.search(name.lower().replace("_", "-").replace(" ", "-")) is not None
