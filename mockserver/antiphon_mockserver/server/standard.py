"""The behaviour of a server: that of its dialect, with scripts and mutants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module

from antiphon_mockserver.behaviour.behaviour import STANDARD, Behaviour
from antiphon_mockserver.script import planner
from antiphon_mockserver.server.sender import NO_CALL, Changes
from antiphon_mockserver.settings import Source
from antiphon_spec.dialect import Dialect


def behaviour_of(dialect: Dialect, scripts: Sequence[Source], changes: Changes) -> Behaviour:
    """The behaviour of a server with these scripts and mutants. Raises ScriptError for a malformed script."""
    standard = _standard(dialect)
    behaviour = replace(standard, model=replace(standard.model, plan=planner(scripts, standard.model.plan)))
    for change in changes["state"]:
        behaviour = change(behaviour, NO_CALL)
    return behaviour


def _standard(dialect: Dialect) -> Behaviour:
    """The behaviour of a right server of this dialect."""
    if not dialect.traits.knowledge:
        return STANDARD
    # A slow import, and few dialects have a library.
    planning = import_module("antiphon_mockserver.video_library.planning")
    return replace(
        STANDARD,
        model=replace(STANDARD.model, plan=planning.plan, complete=planning.completion),
        requests=replace(
            STANDARD.requests, checks={**STANDARD.requests.checks, "knowledge": planning.knowledge}
        ),
    )
