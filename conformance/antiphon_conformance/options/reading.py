"""Turns the values of the options into what to run and what decides. Every mistake has the same form."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from antiphon_conformance.http.address import AddressError, base_url, read_address
from antiphon_conformance.options.error import OptionError
from antiphon_conformance.options.reach import read_reach, read_webhooks
from antiphon_conformance.options.selection import read_selection, unknown_scenario
from antiphon_conformance.options.table import COMMAND, OPTIONS, Kind, place
from antiphon_conformance.requests.resources import ResourceError, parse_resources, reject_unknown
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.run import RunConfig
from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.verdict import baseline as baselines
from antiphon_conformance.verdict.baseline import BaselineError
from antiphon_conformance.verdict.gate import Gate
from antiphon_spec import dialect as dialects
from antiphon_spec.data import DataError, nearest
from antiphon_spec.dialect import Dialect
from antiphon_spec.frozen import load_frozen
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.discovery import ExtensionError
from antiphon_spec.profile import load_profile

Place = Callable[[str], str]
"""How a person writes the option with a key."""
USUAL = "openresponses"
"""The dialect for a target that is no vendor's own."""
USAGE_ERRORS = (OptionError, BaselineError)
"""What `read_options` raises when a person made a mistake."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a person wants: what to run, what decides, and where the reports go."""

    config: RunConfig
    gate: Gate
    report: Path | None = None
    """The folder of the reports; None to write none."""
    models: tuple[str, ...] = ()
    """The models to judge, one after the other; none means the one of `config`."""
    why_dialect: str = ""
    """Why this dialect, when the user named none; empty when the user did."""


def read_options(values: Mapping[str, Any], front_door: str) -> Setup:
    """The setup in the values of the options, by their keys; the key `target` holds the URL.

    Raises OptionError or BaselineError, and creates the folder of the reports.
    """
    where = partial(place, front_door=front_door)
    _check_numbers(values, where)
    usual, why_dialect = ("", "") if values["dialect"] is not None else _usual(values["target"])
    selection = _dialects(usual or values["dialect"], where("dialect"))
    _load_extensions()
    names = tuple(dialect.name for dialect in selection)
    gate, models = _gate(values, names, where), tuple(dict.fromkeys(values["model"]))
    if "" in map(str.strip, models):
        raise OptionError(where("model"), "the name of a model", "an empty text")
    if len(models) > 1 and values["baseline_update"]:
        raise OptionError(where("model"), "one model", f"{len(models)} models")
    target = "URL" if front_door == COMMAND else where("target")
    config = RunConfig(
        **read_reach(values, selection[0], where, front_door, target),
        dialects=names,
        model=next(iter(models), None),
        features=_features(values["feature"], selection, where("feature")),
        concurrency=values["concurrency"],
        max_requests=values["max_requests"],
        max_tokens=values["max_tokens"],
        max_events=values["max_events"],
        max_body=values["max_body"],
        max_memory=values["max_memory"],
        seconds=values["timeout"],
        exchange_seconds=values["exchange_timeout"],
        deadline=values["deadline"],
        recovery=values["recovery"],
        restart=values["restart"],
        without=_without(values["without"], where("without")),
        seed=values["seed"],
        properties=not values["no_properties"],
        resources=_resources(values["resource"], selection, where("resource")),
        repeat=values["repeat"],
        **read_webhooks(values, selection, where, front_door),
        **read_selection(values, selection, gate.profile, where),
    )
    return Setup(config, gate, _report_folder(values["report"], where("report")), models, why_dialect)


def _check_numbers(values: Mapping[str, Any], where: Place) -> None:
    for option in OPTIONS:
        value = values.get(option.key)
        if option.kind in (Kind.COUNT, Kind.SECONDS) and value is not None and not value > 0:
            raise OptionError(where(option.key), "more than 0", str(value))


def _usual(target: str) -> tuple[str, str]:
    """The dialect for a target when the user names none, and why."""
    try:
        host = read_address(base_url(target)).host
    except AddressError:  # read_reach says what is wrong
        host = ""
    own = dialects.of_host(host)
    return (own, f"whose vendor has the host {host}") if own else (USUAL, "the default")


def _load_extensions() -> None:
    """Imports every module with rules and scenarios, so that a broken one shows before the first request."""
    try:
        all_rules()
        all_scenarios()
    except ExtensionError as error:
        raise OptionError(error.where, error.expected, error.actual) from error


def _dialects(text: str, where: str) -> list[Dialect]:
    """The dialects in `openai,openresponses`, with all of their files loaded."""
    names = dict.fromkeys(filter(None, (name.strip() for name in text.split(","))))
    if not names:
        raise OptionError(where, f"one of {', '.join(dialects.names())}", "none")
    try:
        selection = [dialects.load_concrete(name) for name in names]
        for dialect in selection:
            _ = dialect.document, dialect.grammar, dialect.requirements
    except DataError as error:
        place_in_file = "" if error.where == "dialect" else f": {error.where}"
        raise OptionError(where + place_in_file, error.expected, error.actual) from error
    return selection


def _features(names: Iterable[str], selection: Iterable[Dialect], where: str) -> tuple[str, ...]:
    known = {name for dialect in selection for name in dialect.features}
    features = tuple(names)
    unknown = [name for name in features if name.removeprefix("no-") not in known]
    if unknown:
        first = nearest(unknown[0].removeprefix("no-"), known)
        raise OptionError(where, f"one of {', '.join(sorted(known))}", first)
    return features


def _without(names: Iterable[str], where: str) -> tuple[str, ...]:
    """The names of scenarios to leave out."""
    known = all_scenarios()
    for name in (left_out := tuple(names)):
        if name not in known:
            raise OptionError(where, "the name of a scenario", unknown_scenario(name, known))
    return left_out


def _resources(pairs: Iterable[str], selection: Iterable[Dialect], where: str) -> dict[str, str]:
    try:
        resources = parse_resources(pairs)
        reject_unknown(resources, selection)
    except ResourceError as error:
        raise OptionError(where, error.expected, error.actual) from error
    return resources


def _gate(values: Mapping[str, Any], names: tuple[str, ...], where: Place) -> Gate:
    path = Path(values["baseline"]) if values["baseline"] else None
    update = bool(values["baseline_update"])
    if update and path is None:
        raise OptionError(where("baseline_update"), f"{where('baseline')} FILE", "none")
    try:
        frozen = tuple(load_frozen(name) for name in values["requirements"])
    except DataError as error:
        place_in_file = "" if error.where == "requirements" else f": {error.where}"
        raise OptionError(where("requirements") + place_in_file, error.expected, error.actual) from error
    foreign = next((claim.name for claim in frozen if claim.dialect not in names), None)
    if foreign is not None:
        raise OptionError(where("requirements"), f"a set of {', '.join(names)}", foreign)
    try:
        profile = load_profile(values["profile"])
    except DataError as error:
        place_in_file = "" if error.where == "profile" else f": {error.where}"
        raise OptionError(where("profile") + place_in_file, error.expected, error.actual) from error
    entries = None
    if path is not None and (path.exists() or not update):
        entries = baselines.load(path)
        baselines.reject_unknown(entries, path)
    return Gate(profile, entries, frozen, values["vendor"], values["note"], path if update else None)


def _report_folder(name: str | None, where: str) -> Path | None:
    """The folder of the reports, which exists from now on: a full run must not end at its last step."""
    if not name:
        return None
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise OptionError(where, "a writable folder", str(folder))
    return folder
