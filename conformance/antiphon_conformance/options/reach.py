"""How to reach a target, from the values of the options: the address, the key, the certificates."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from antiphon_conformance.http.address import Address, AddressError, base_url, read_address
from antiphon_conformance.http.credentials import AUTHORIZATION, BEARER, HEADER, read_place
from antiphon_conformance.http.mailbox import key_of
from antiphon_conformance.http.receiver import HOST, check_port
from antiphon_conformance.http.transport import open_transport
from antiphon_conformance.options.error import OptionError
from antiphon_conformance.options.table import PYTHON
from antiphon_spec.dialect import Dialect

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,60}")
_KEY_HEADERS = frozenset({"api-key", "x-api-key"})
"""Headers that hold nothing but a key: whoever sends one with `--header` says where the key goes."""
SECRET_VARIABLE = "OPENAI_WEBHOOK_SECRET"  # noqa: S105  (a name, which the vendor's SDKs read, too)
Headers = tuple[tuple[str, str], ...]
Place = Callable[[str], str]


def read_reach(
    values: Mapping[str, Any], first: Dialect, where: Place, front_door: str, target: str
) -> dict[str, Any]:
    """The fields of a RunConfig that say how to reach the target, by the first of the dialects.

    Raises OptionError.
    """
    url = _url(values["target"], target)
    headers = _headers(values["header"], where("header"))
    auth = _auth(values["auth"], first, where("auth"))
    if front_door == PYTHON:
        key, variable = values["api_key"], ""
    else:
        key, variable = _key(values["api_key_env"], first, read_address(url), where("api_key_env"))
    if not variable and key is None and values["auth"] is None:
        key, auth, headers = _key_among(headers, auth)
    other, other_variable = _other_key(values, front_door, where("other_api_key_env"))
    if other and other == key:
        raise OptionError(where("other_api_key_env"), "another key than the first", "the same")
    reach: dict[str, Any] = {"other_key": other, "other_key_variable": other_variable}
    reach |= {"url": url, "api_key": key, "key_variable": variable, "auth": auth, "headers": headers}
    reach |= {
        "ca_file": str(values["ca_file"]) if values["ca_file"] else None,
        "insecure": values["insecure"],
    }
    _check_transport(reach, target, where)
    return reach


def _url(text: str, where: str) -> str:
    try:
        return base_url(text)
    except AddressError as error:
        raise OptionError(where, error.expected, error.actual) from error


def _check_transport(reach: Mapping[str, Any], target: str, where: Place) -> None:
    """Loads the application and the certificates, so that a mistake shows before the first request."""
    try:
        open_transport(reach["url"], reach["ca_file"], reach["insecure"])
    except AddressError as error:
        raise OptionError(target, error.expected, error.actual) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise OptionError(f"{where('ca_file')} {reach['ca_file']}", "a file of certificates", why) from error
    except ValueError as error:
        raise OptionError("environment", "a proxy over HTTP", str(error)) from error


def read_webhooks(
    values: Mapping[str, Any], selection: Iterable[Dialect], where: Place, front_door: str
) -> dict[str, Any]:
    """The fields of a RunConfig that say where webhooks arrive and what signs them. Raises OptionError."""
    port = values["webhook_port"]
    if port is None:
        name = next(filter(_is_about_webhooks, (*values["scenario"], *values["rule"])), None)
        if name is not None:
            key = "scenario" if name in values["scenario"] else "rule"
            raise OptionError(f"{where(key)} {name}", f"{where('webhook_port')} beside it", "none")
        return {}
    if not any("webhooks" in dialect.features for dialect in selection):
        names = ", ".join(dialect.name for dialect in selection)
        raise OptionError(where("webhook_port"), "a dialect with webhooks, such as openai", names)
    secret = values["webhook_secret"] if front_door == PYTHON else os.environ.get(SECRET_VARIABLE, "").strip()
    try:
        key_of(secret or "")
    except ValueError as error:
        place = "webhook_secret" if front_door == PYTHON else SECRET_VARIABLE
        raise OptionError(place, "a secret such as whsec_...", "a malformed one") from error
    try:
        check_port(port)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "a port that cannot be"
        raise OptionError(f"{where('webhook_port')} {port}", f"a free port of {HOST}", why) from error
    return {"webhook_port": port, "webhook_secret": secret or ""}


def _is_about_webhooks(name: str) -> bool:
    """Whether a scenario or rule is about nothing but webhooks."""
    return name.partition(".")[0] == "webhooks"


def _auth(text: str | None, first: Dialect, where: str) -> str:
    """The place of the key; without one, the place that the dialect's clients use."""
    try:
        place, name = read_place(first.auth if text is None else text)
    except ValueError as error:
        raise OptionError(where, "bearer, header:NAME, query:NAME or none", repr(text)) from error
    return f"{place}:{name}" if name else place


def _headers(lines: Iterable[str], where: str) -> Headers:
    """The headers in `NAME: VALUE`. The message about a wrong one does not repeat it: it may hold a key."""
    pairs = []
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise OptionError(where, "'NAME: VALUE'", "a text without a name and a colon")
        if not all(letter == "\t" or (" " <= letter <= "\xff" and letter != "\x7f") for letter in value):
            raise OptionError(f"{where} {name}", "a value of printable Latin-1", "another letter")
        pairs.append((name.lower(), value))
    return tuple(pairs)


def _key(variable: str | None, first: Dialect, address: Address, where: str) -> tuple[str | None, str]:
    """The key and the variable that it is from. A variable that the user names must be set; the vendor's own
    variable counts only where the vendor's host is asked, so that no key reaches anybody else."""
    name = variable or first.key_variable
    key = os.environ.get(name, "").strip()
    if variable and not key:
        shown = f" {variable}" if _VARIABLE.fullmatch(variable) else ""  # people give the key itself
        raise OptionError(f"{where}{shown}", "a variable that is set", "none")
    if key and (variable or first.is_own_host(address.host)):
        return key, name
    return None, ""


def _other_key(values: Mapping[str, Any], front_door: str, where: str) -> tuple[str, str]:
    """The key of another account, and its variable; empty without one."""
    if front_door == PYTHON:
        return values["other_api_key"] or "", ""
    if not (name := values["other_api_key_env"]):
        return "", ""
    if not (key := os.environ.get(name, "").strip()):
        shown = f" {name}" if _VARIABLE.fullmatch(name) else ""
        raise OptionError(f"{where}{shown}", "a variable that is set", "none")
    return key, name


def _key_among(headers: Headers, auth: str) -> tuple[str | None, str, Headers]:
    """The key that the user's headers hold, its place, and the other headers: the judge must know it, because
    some conversations ask without it, or with a wrong one."""
    for name, value in headers:
        rest = tuple(pair for pair in headers if pair[0] != name)
        if name in _KEY_HEADERS and value:
            return value, f"{HEADER}:{name}", rest
        if name == AUTHORIZATION and value.lower().startswith("bearer "):
            return value[7:].strip(), BEARER, rest
    return None, auth, headers
