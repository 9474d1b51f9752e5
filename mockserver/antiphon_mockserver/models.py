"""Which models exist: any that a client names, but for names that say that there is no such model.

So `gpt-5.2` and `my-model` are served; `no-such-model`, `gpt-unknown` and `invalid-model` are not.
With `--model` only the models given are.
"""

from __future__ import annotations

import re
from collections.abc import Collection

SAYS_NO = re.compile(
    r"(^|[^a-z0-9])(unknown|invalid|missing|fake|bogus|wrong|non-?existent|no-such|not-a|not-found|not-exist|"
    r"does-?not-?exist|doesnt-exist)([^a-z0-9]|$)"
)


def is_served(name: str, models: Collection[str]) -> bool:
    """Whether a model of this name exists; `models` are the only ones, unless there are none."""
    if models:
        return name in models
    return bool(name.strip()) and not SAYS_NO.search(name.lower().replace("_", "-").replace(" ", "-"))
