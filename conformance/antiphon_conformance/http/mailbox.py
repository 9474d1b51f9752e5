"""The webhooks that a target sent to the judge. It knows no network: `receiver.py` fills it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import Callable, Iterable
from hashlib import sha256

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.delivery import Delivery, Signature
from antiphon_conformance.http.exchange import Headers
from antiphon_conformance.http.redaction import redaction_of

PREFIX = "whsec_"
OK, REJECTED = 200, 500
MOST = 1000
"""How many deliveries are kept; later ones are answered and forgotten."""


class Mailbox:
    """Deliveries in the order in which they came. The next one can be answered with an error."""

    def __init__(self, secret: str = "", secrets: Iterable[str] = ()) -> None:
        self.place = ""
        """The URL that the operator gives the target; any path below it will do."""
        self._secret = secret
        self._redaction = redaction_of(tuple(secrets))
        self._deliveries: list[Delivery] = []
        self._rejects = False
        self._change = asyncio.Event()

    def take(self, path: str, headers: Headers, raw: bytes) -> int:
        """Keeps a delivery; returns the status that answers it."""
        status = REJECTED if self._rejects else OK
        signature = _compare(headers, raw, self._secret) if self._secret else Signature.UNKNOWN
        path, raw, headers = (
            self._redaction.text(path),
            self._redaction.raw(raw),
            self._redaction.headers(headers),
        )
        if len(self._deliveries) < MOST:
            body = strict_json.read(raw).value
            self._deliveries.append(Delivery(path, headers, raw, body, time.time(), status, signature))
        self._change.set()
        return status

    def reject(self, flag: bool) -> None:
        """Answers with an error from now on, or with success again."""
        self._rejects = flag

    def about(self, *identities: str) -> tuple[Delivery, ...]:
        """The deliveries whose body holds one of these ids, wherever it has it."""
        marks = [identity.encode() for identity in identities if identity]
        return tuple(item for item in self._deliveries if any(mark in item.raw for mark in marks))

    async def wait(self, has_come: Callable[[], bool], seconds: float) -> bool:
        """Waits until something has come, at most so many seconds; returns whether it has."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not has_come():
            self._change.clear()
            try:
                rest = deadline - asyncio.get_running_loop().time()
                await asyncio.wait_for(self._change.wait(), max(rest, 0))
            except TimeoutError:
                return has_come()
        return True


def _compare(headers: Headers, raw: bytes, secret: str) -> Signature:
    """Whether one of the signatures is that of the secret, as the vendor's SDKs compare them."""
    signatures = (headers.get("webhook-signature") or "").split()
    if not signatures:
        return Signature.WRONG
    head = f"{headers.get('webhook-id') or ''}.{headers.get('webhook-timestamp') or ''}."
    digest = hmac.digest(key_of(secret), head.encode() + raw, sha256)
    expected = base64.b64encode(digest)
    values = [text.removeprefix("v1,").encode(errors="replace") for text in signatures]
    is_match = any(hmac.compare_digest(expected, value) for value in values)
    return Signature.RIGHT if is_match else Signature.WRONG


def key_of(secret: str) -> bytes:
    """The key in a secret. Raises ValueError for a malformed one."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"expected base64 after {PREFIX}") from error
