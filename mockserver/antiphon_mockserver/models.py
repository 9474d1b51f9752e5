"""Which models and keys exist: any that a client names, but for names that say that there is no such thing.

So `gpt-5.2` and `my-model` are served; `no-such-model` and `invalid-model` are not. In the same way any key
is taken, but not `wrong-key` or `sk-invalid`. With `--model` or `--api-key`, only those given are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

SAYS_NO = re.compile(
    r"(^|[^a-z0-9])(unknown|invalid|missing|fake|bogus|wrong|incorrect|expired|revoked|non-?existent|no-such|not-a|"
    r"not-found|not-exist|does-?not-?exist|doesnt-exist)([^a-z0-9]|$)"
)


def is_served(name: str, models: Collection[str]) -> bool:
    """Whether a model of this name exists; `models` are the only ones, unless there are none."""
    return name in models if models else bool(name.strip()) and not says_no(name)


@lru_cache(maxsize=256)
def says_no(name: str) -> bool:
    """Whether a name itself says that nothing is called so."""
    return SAYS_NO.search(name.lower().replace("_", "-").replace(" ", "-")) is not None
