"""The proxy that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case."""

from __future__ import annotations

import base64
import ipaddress
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment

from antiphon_conformance.http.address import Address


def proxy_for(address: Address) -> str | None:
    """The URL of the proxy for an address, which may hold a password; None when there is none.

    This machine, a socket and an application are never behind a proxy. Raises ValueError for a proxy that is
    not spoken to over HTTP.
    """
    if not address.host or is_loopback(address.host):
        return None
    proxies = getproxies_environment()
    if _is_exempt(address.host, proxies.get("no", "")):
        return None
    scheme = urlsplit(address.base).scheme
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy:
        return None
    url = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(
            f"{scheme.upper()}_PROXY: expected http:// or https://, got {urlsplit(url).scheme}://"
        )
    return url


def secrets_of(address: Address) -> tuple[str, ...]:
    """The password of the proxy for an address, as it is and as the proxy gets it; none without one."""
    try:
        parts = urlsplit(proxy_for(address) or "")
    except ValueError:
        return ()
    if not parts.password:
        return ()
    user, password = unquote(parts.username or ""), unquote(parts.password)
    return password, parts.password, base64.b64encode(f"{user}:{password}".encode()).decode()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_exempt(host: str, names: str) -> bool:
    """Whether NO_PROXY lists a host: itself, a domain that it belongs to, or `*`."""
    entries = [entry.strip().lower() for entry in names.split(",")]
    domains = filter(None, (entry.partition(":")[0].lstrip("*.") for entry in entries))
    return "*" in entries or any(host == domain or host.endswith(f".{domain}") for domain in domains)
