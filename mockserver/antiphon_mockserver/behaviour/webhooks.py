"""Webhooks: the decisions about which ends are told, in which words, how they are signed and tried again.

They follow Standard Webhooks: a webhook has the same `webhook-id` in each try, and the time of the try in
`webhook-timestamp`; its signature covers both and the body.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b, sha256
from typing import Any
from urllib.parse import urlsplit

from antiphon_mockserver.server.origin import is_loopback
from antiphon_mockserver.settings import SettingError, Settings
from antiphon_mockserver.state.record import Record
from antiphon_spec.loading.construction import dataclass

_WORD = re.compile(r"[!-~]+")
PREFIX = "whsec_"
"""How a secret begins; the rest is base64."""
AGENT = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Seconds before each further try."""
SHORT_PAUSES = tuple(seconds / 20 for seconds in PAUSES[:6])
"""The same where time stands still: a receiver needs a moment all the same."""


@dataclass(frozen=True)
class WebhookDecisions:
    """How the ends of responses in the background are told."""

    tells: Callable[[Mapping[str, Any]], bool]
    """(final response) -> whether its end is told."""

    end: Callable[[Record, int], Record]
    """(record, last step) -> the record as it is stored before its end is told."""

    event: Callable[[Mapping[str, Any], int], dict[str, Any]]
    """(final response, Unix seconds of its end) -> the body."""

    message_id: Callable[[str, int, int], str]
    """(id of the event, number of the address, number of the try) -> `webhook-id`."""

    headers: Callable[[bytes, str, float, bytes], dict[str, str]]
    """(key, `webhook-id`, Unix seconds of the try, body) -> the headers."""

    accepts: Callable[[int], bool]
    """(status of the receiver; 0 means no answer) -> whether the webhook has arrived."""

    pauses: Callable[[bool], Sequence[float]]
    """(whether time stands still) -> the seconds before each further try."""

    copies: Callable[[int], int]
    """(number of the webhook) -> how often it is sent, although it has arrived."""

    hold: Callable[[int], float]
    """(number of the webhook) -> the seconds before its first try."""


def tells(response: Mapping[str, Any]) -> bool:
    """Whether the end of a response is told: when it ran in the background (WHK-01)."""
    return response.get("background") is True


def end(record: Record, last: int) -> Record:
    """Brings a record to its end, so that a client that reads it finds it ended (WHK-06)."""
    return record.at(last)


def event(response: Mapping[str, Any], moment: int) -> dict[str, Any]:
    """Returns the body of a webhook: it names the response and does not hold it (WHK-02)."""
    kind = f"response.{response['status']}"
    return {
        "id": f"evt_{_digest(response['id'], kind)}",
        "object": "event",
        "created_at": moment,
        "type": kind,
        "data": {"id": response["id"]},
    }


def message_id(event_id: str, address: int, attempt: int) -> str:
    """Returns the id of a webhook: receivers drop a second one with the same id (WHK-05)."""
    return f"wh_{_digest(event_id, str(address))}"


def headers(key: bytes, webhook_id: str, moment: float, body: bytes) -> dict[str, str]:
    """Returns the headers of one try, with its time and the signature (WHK-03)."""
    timestamp = str(int(moment))
    return {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(key, webhook_id, timestamp, body),
    }


def sign(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Returns the signature of a webhook."""
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, sha256)).decode()}"


def accepts(status: int) -> bool:
    """Whether a status says that a webhook has arrived: a redirect does not (WHK-04)."""
    return 200 <= status < 300


def pauses(virtual: bool) -> Sequence[float]:
    """Returns the seconds before each further try; they grow (WHK-04)."""
    return SHORT_PAUSES if virtual else PAUSES


def copies(number: int) -> int:
    """Returns how often a webhook is sent that has arrived: once."""
    return 1


def hold(number: int) -> float:
    """Returns the seconds before the first try: none."""
    return 0.0


WEBHOOKS = WebhookDecisions(
    tells=tells,
    end=end,
    event=event,
    message_id=message_id,
    headers=headers,
    accepts=accepts,
    pauses=pauses,
    copies=copies,
    hold=hold,
)


def secret_of(settings: Settings) -> str:
    """The secret of the settings, or one that derives from the seed.

    Raises SettingError, which does not repeat it, for a malformed one.
    """
    secret = settings.webhook_secret
    if not secret:
        return (
            PREFIX
            + base64.b64encode(blake2b(b"webhooks %d" % settings.seed, digest_size=24).digest()).decode()
        )
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not (key and secret.startswith(PREFIX)):
        raise SettingError("webhook_secret", f"{PREFIX} and base64", "another text")
    return secret


def key_of(secret: str) -> bytes:
    """The key in a secret."""
    return base64.b64decode(secret.removeprefix(PREFIX))


def check_address(address: str, allowed_hosts: Sequence[str]) -> None:
    """Raises SettingError for an address to which no webhook may go: only to this machine and to hosts that
    are allowed by name."""
    try:
        parts = urlsplit(address)
        host, is_open = parts.hostname or "", parts.username is None and parts.port != 0
    except ValueError:
        raise SettingError("webhooks", "the URL of a receiver", "a malformed one") from None
    if parts.scheme not in ("http", "https") or not host or not is_open or not _WORD.fullmatch(address):
        raise SettingError("webhooks", "the URL of a receiver, without a password", "another text")
    if not is_loopback(host) and host not in allowed_hosts:
        expected = f"a receiver on this machine (--allow-host {host} allows another)"
        raise SettingError("webhooks", expected, host)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
