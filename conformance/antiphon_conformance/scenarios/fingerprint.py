"""The first look at a target: how it answers what no API offers, and a first create, before all else.

Where the target rejects a string as `input`, all later creates carry their text in a list. A server that
answers 200 to any path offers nothing by that: an answer counts as one of the API only where it differs
from the answer to a path that cannot exist.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from antiphon_conformance.http.client import PROBE, RunOverError, Target
from antiphon_conformance.http.exchange import Exchange, Headers, Request, Trace
from antiphon_conformance.http.text import safe
from antiphon_conformance.requests.minimal import MissingResourceError, minimal
from antiphon_conformance.requests.spellings import REJECTIONS, SPELLINGS, STRING, spelled
from antiphon_conformance.scenarios.diagnosis import Diagnosis, Opener
from antiphon_conformance.scenarios.endings import INTERRUPTED
from antiphon_spec.dialect import Dialect

FINGERPRINT = "fingerprint"
"""The name of its trace."""
REQUESTS = {
    "unknown_path": PROBE,
    "wrong_method": Request("PUT", "/responses", body={}),
    "no_key": Request("GET", PROBE.path, Headers((("authorization", ""),))),
}


async def look(target: Target, dialect: Dialect, url: str, model: str | None, open_at: Opener) -> Trace:
    """Sends the requests. Tells the target how to recognise an answer to any path, how to probe it, and why
    nothing here can be judged, if so. `model` is None when the user named none; `open_at` opens a transport
    to another base URL."""
    exchanges: dict[str, Exchange] = {}
    stop_reason = None
    try:
        for name, request in REQUESTS.items():
            exchanges[name] = await target.send(request, f"{FINGERPRINT}/{name}")
        _learn(target, exchanges)
        name = model or dialect.models[0]
        body = minimal(dialect, dialect.create_operation, {"model": name})
        create = Request("POST", "/responses", body=body)
        exchanges["create"] = await target.send(create, f"{FINGERPRINT}/create")
        diagnosis = Diagnosis(target, url, create, name, model is None, open_at)
        target.no_api = await diagnosis.of(exchanges["create"])
        if not target.no_api:
            await _learn_spelling(target, create, exchanges)
        target.stop_reason = target.stop_reason or target.no_api or None
    except MissingResourceError:
        pass  # the target must hold something first; what it offers shows later
    except RunOverError as end:
        stop_reason = safe(str(end))
    except asyncio.CancelledError:
        stop_reason = target.stop_reason = INTERRUPTED
    return Trace(FINGERPRINT, exchanges, stop_reason, None, "limit" if stop_reason else "target")


def _learn(target: Target, exchanges: dict[str, Exchange]) -> None:
    answers = [name for name, exchange in exchanges.items() if exchange.reply is not None]
    target.probe = REQUESTS[answers[0]] if answers else None
    unknown = exchanges["unknown_path"]
    if unknown.ok and unknown.answer.fields.get("object") != "response":  # that is a try, and is judged
        target.any_path = unknown.reply


async def _learn_spelling(target: Target, create: Request, exchanges: dict[str, Exchange]) -> None:
    """Finds a list that the target takes where it rejects a string as `input`."""
    reply = exchanges["create"].reply
    if reply is None or reply.status not in REJECTIONS:
        return
    for spelling in SPELLINGS:
        request = replace(create, body=spelled(create.body, spelling))
        if spelling != STRING and request.body != create.body:
            step = f"create_in_{spelling}"
            exchanges[step] = await target.send(request, f"{FINGERPRINT}/{step}")
            if exchanges[step].ok:
                target.spelling = spelling
                return
