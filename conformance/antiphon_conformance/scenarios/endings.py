"""Why a scenario ends before its last step."""

from __future__ import annotations

INTERRUPTED = "interrupted"
"""Why a conversation ended that a signal cut off."""


class ScenarioStopError(Exception):
    """The scenario cannot go on; `step` names the step that ended it, None where none alone did."""

    def __init__(self, why: str, step: str | None = None) -> None:
        super().__init__(f"{step}: {why}" if step is not None else why)
        self.step = step


class TargetRestartError(Exception):
    """The target started again, and may have lost what the conversation created."""


class UnsupportedError(Exception):
    """The target does not offer the optional feature that the scenario is about."""
