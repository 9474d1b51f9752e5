"""How much work a request may take in the event loop; a request for more of it is answered beside the loop.

Work that may be large for a small request is announced before it is done. In the loop, what does not fit into
the allowance raises LongWorkError, and the whole request is handled once more by a thread. Elsewhere an
announcement says nothing.
"""

from __future__ import annotations

import threading


class LongWorkError(BaseException):
    """The work takes too long for the loop; no error, so that nobody handles it as one."""


class Allowance(threading.local):
    """How much of the work that was announced a request may take in this thread."""

    whole = 15_000.0
    """Microseconds of a request in the loop."""
    left: float | None = None
    """Microseconds of the request that this thread handles; None where work may take as long as it likes."""


allowance = Allowance()


def announce(microseconds: float) -> None:
    """Says how long the work that comes now may take. Raises LongWorkError if that is too long."""
    left = allowance.left
    if left is not None:
        if microseconds > left:
            raise LongWorkError
        allowance.left = left - microseconds
