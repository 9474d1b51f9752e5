"""Who may have an effect outside the mock server: clients of this machine, and no web page from elsewhere.

A web page can make a browser send requests to a port of this machine, and with a name that it controls it
can read the answers, too (DNS rebinding). Answers alone are harmless: they come from requests. Tools of real
MCP servers are not, nor is what a receiver of webhooks believes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from antiphon_mockserver.response.plan import ApiError


def reject_elsewhere(
    headers: Mapping[str, str], allowed_hosts: Collection[str], names: Collection[str] = ("host", "origin")
) -> None:
    """Rejects a request whose `Host` or `Origin` is neither this machine nor an allowed host, with 403."""
    for header in names:
        value = headers.get(header)
        if value is None:
            continue
        name = host_of(value)
        if not is_loopback(name) and name not in allowed_hosts:
            message = (
                f"The header '{header}' names another host than this machine. This server calls real tools or"
                " sends webhooks, so it answers only local clients; --allow-host adds a name."
            )
            raise ApiError(message, status=403, code="host_not_allowed")


def host_of(value: str) -> str:
    """The host in a `Host` or `Origin` header, in lower case and without its port; "" when there is none."""
    try:
        return (urlsplit(value if "//" in value else f"//{value}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Whether a host is this machine, whatever a name server says (RFC 6761, 6.3)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
