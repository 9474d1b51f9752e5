"""The transport to an address: over the network, or into an application of this process."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from antiphon_conformance.http.address import AddressError, read_address
from antiphon_conformance.http.asgi import AsgiApp, AsgiTransport
from antiphon_conformance.http.client import Transport
from antiphon_conformance.http.network import HttpTransport


def open_transport(url: str, ca_file: str | None = None, insecure: bool = False) -> Transport:
    """The transport to an address. Raises AddressError when it names an application that cannot be loaded,
    and OSError or ValueError when a certificate file or the environment's proxy cannot be used."""
    address = read_address(url)
    if address.application:
        return AsgiTransport(load_application(address.application), address.url(""))
    return HttpTransport(url, ca_file=ca_file, insecure=insecure)


def load_application(text: str) -> AsgiApp:
    """The ASGI application in `package.module:name`. The current folder is searched first.

    Raises AddressError, also when the module raises.
    """
    module_name, _, name = text.partition(":")
    if (folder := os.getcwd()) not in sys.path:
        sys.path.insert(0, folder)
    try:
        value: object = import_module(module_name)
        for part in name.split("."):
            value = getattr(value, part)
    except Exception as error:  # whatever a module of the user raises is a mistake in the address
        raise AddressError("an ASGI application", f"{type(error).__name__}: {error}") from error
    if not callable(value):
        raise AddressError("an ASGI application", f"{text}, a value of type {type(value).__name__}")
    if not _takes_three(value):
        hint = "a WSGI application (Flask, Django) needs a server of its own"
        raise AddressError(
            "an ASGI application", f"{text}, which does not take (scope, receive, send); {hint}"
        )
    return value


def _takes_three(application: Callable[..., Any]) -> bool:
    """Whether it can be called with three arguments, as far as its signature tells."""
    try:
        inspect.signature(application).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # it has no signature
        return True
    return True
