"""The hosted tools: what the call of each one is, and which prompts ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from antiphon_mockserver.hosted_tools.interpreter import code_interpreter
from antiphon_mockserver.hosted_tools.machines import apply_patch, computer, local_shell, shell
from antiphon_mockserver.hosted_tools.pictures import image_generation
from antiphon_mockserver.hosted_tools.searches import file_search, web_search
from antiphon_mockserver.hosted_tools.work import Job, Work
from antiphon_mockserver.model.shell import RUN
from antiphon_spec.loading.late import late_pattern

HOSTED: Mapping[str, Callable[[Job], Work]] = {
    "web_search": web_search,
    "web_search_2025_08_26": web_search,
    "web_search_preview": web_search,
    "web_search_preview_2025_03_11": web_search,
    "file_search": file_search,
    "code_interpreter": code_interpreter,
    "image_generation": image_generation,
    "local_shell": local_shell,
    "shell": shell,
    "apply_patch": apply_patch,
    "computer": computer,
    "computer_use_preview": computer,
}
"""The call of each type of hosted tool."""


def _cue(pattern: str) -> re.Pattern[str]:
    return late_pattern(pattern, re.IGNORECASE)


_WEB = _cue(
    r"\b(?:search|look(?:ing)? up|google|browse)\b(?!.*\b(?:files?|documents?|docs|notes|vector store)\b)"
    r"|\b(?:web|internet|online)\b|\b(?:latest|today's|current) (?:news|weather|version|price)\b"
)
_PICTURE = _cue(
    r"\b(?:draw|paint|sketch|illustrate)\b"
    r"|\b(?:generate|create|make|produce)\b[^.?!]{0,40}\b(?:picture|image|drawing|illustration|photo|logo|icon)\b"
)
_COMPUTER = _cue(r"\bscreen(?:shot)?\b|\bclick\b|\bbrowser\b|\bcomputer\b")
CUES: Mapping[str, re.Pattern[str]] = {
    "web_search": _WEB,
    "web_search_2025_08_26": _WEB,
    "web_search_preview": _WEB,
    "web_search_preview_2025_03_11": _WEB,
    "file_search": _cue(
        r"\b(?:search|look|find|according|what|which)\b[^.?!]*"
        r"\b(?:files?|documents?|docs|notes|manual|handbook|vector store|knowledge base)\b"
    ),
    "code_interpreter": _cue(
        r"\b(?:compute|calculate|solve|plot|evaluate|python|run (?:the |this |some )?code)\b"
        r"|\b(?:save|write|export)\b[^.?!]*?[\w-]\.(?:csv|txt|json|html|xml)\b"
        r"|(?<![\d.-])(?!\d{4}-\d\d-\d\d)\d[\d.]*\s*[-+*/×÷^]\s*\d"
    ),
    "image_generation": _PICTURE,
    "local_shell": RUN,
    "shell": RUN,
    "apply_patch": _cue(
        r"\bpatch\b|\b(?:create|write|add|update|edit|change|fix|delete|remove|replace)\b[^?!]*"
        r"(?:\bfile\b|\w\.[a-z]{1,5}\b)"
    ),
    "computer": _COMPUTER,
    "computer_use_preview": _COMPUTER,
}
"""The prompts that ask for a tool without its name."""
