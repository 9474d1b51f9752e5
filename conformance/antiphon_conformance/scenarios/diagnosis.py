"""Why nothing at an address can be judged: it is no API, the API is elsewhere, or it has not this model.

Each message quotes the server's own words, and names the option that would help.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

from antiphon_conformance.http.address import USUAL_PATH, is_application, shown
from antiphon_conformance.http.client import RunOverError, Target, Transport
from antiphon_conformance.http.exchange import UNROUTED, Exchange, Reply, Request
from antiphon_conformance.http.reply import message_of
from antiphon_conformance.http.text import safe
from antiphon_spec.loading.construction import dataclass

GATEWAY = frozenset({502, 503, 504})
SITE = frozenset({401, 403, 404, 405, 410, 501})
"""The errors with which a site, and not an API, answers a create."""
NO_ROUTE = frozenset({404, 405, 410, 501})
HAS_ROUTE = frozenset({400, 401, 403, 415, 422, 429})
"""The errors in JSON of a server that knows the path."""
OF_MODEL = frozenset({400, 403, 404, 422})
TRIES, PAUSE = 3, 0.5
"""How often a page of a gateway is asked for again, and after how many seconds."""
MOST_MODELS = 6
QUOTE = 160
MODELS = Request("GET", "/models")
_VERSION = re.compile(r"/v\d+(?:beta)?$")
_INVISIBLE = re.compile(rb"<(script|style|head)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(rb"<[^>]*>")
Opener = Callable[[str], Transport]
"""Opens a transport to another base URL of the same server."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is needed to look at a target from outside."""

    target: Target
    url: str
    create: Request
    """A minimal create."""
    model: str
    is_default: bool
    """Whether the user named no model."""
    open: Opener

    async def of(self, exchange: Exchange) -> str:
        """Why nothing can be judged, by the answer to the create; empty when something can be."""
        reply = exchange.reply
        for turn in range(1, TRIES):
            if reply is None or not _is_of_gateway(reply):
                break
            await asyncio.sleep(PAUSE * turn)
            reply = (await self.target.send(self.create, f"diagnosis/gateway-{turn}")).reply
        if reply is None:
            return ""
        if _is_of_gateway(reply):
            return (
                f"{_sentence(reply)}: this is the page of a proxy, and the server behind it does not answer"
            )
        if 300 <= reply.status < 400:
            place = safe((reply.headers.get("location") or "no place").removesuffix("/responses"), QUOTE)
            return f"{_sentence(reply)}: a redirect to {place}; judge the server there"
        if is_about_model(reply, self.model):
            return await self._of_model(reply)
        if UNROUTED in exchange.traits or _is_of_site(reply) or reply.status in NO_ROUTE:
            return await self._elsewhere(reply, "as any path" if UNROUTED in exchange.traits else "")
        return ""

    async def _elsewhere(self, reply: Reply, remark: str) -> str:
        """Why the URL is wrong, with the one that is right when there is one."""
        sentence, attempts = _sentence(reply) + (f", {remark}" if remark else ""), []
        for url in candidates(self.url):
            answer = await self._ask(url)
            if answer is not None and _is_of_api(answer):
                return f"{sentence}; the API answers at {shown(url)}: antiphon check {shown(url)}"
            attempts.append(f"{shown(url)}: {answer.status if answer else 'no answer'}")
        attempts_list = f" (tried too: {'; '.join(attempts)})" if attempts else ""
        return f"{sentence}; is the URL right? It ends where /responses begins{attempts_list}"

    async def _ask(self, url: str) -> Reply | None:
        """The answer to the create at another base URL; None when there is none."""
        async with Target(self.open(url), self.target.credentials, replace(self.target.limits)) as server:
            try:
                return (await server.send(self.create, "diagnosis/elsewhere")).reply
            except RunOverError:
                return None

    async def _of_model(self, reply: Reply) -> str:
        names = model_names((await self.target.send(MODELS, "diagnosis/models")).reply)
        remark = " (our default)" if self.is_default else ""
        model = f"{safe(self.model, 80)!r}{remark}"
        if not names:
            return (
                f"the target does not take the model {model}: {_sentence(reply)}; --model NAME names another"
            )
        models = ", ".join(safe(name, 80) for name in nearest_first(self.model, names)[:MOST_MODELS])
        rest = f" and {len(names) - MOST_MODELS} more" if len(names) > MOST_MODELS else ""
        verb = "does not take" if self.model in names else "has no"
        return f"the target {verb} model {model}; it has: {models}{rest}; --model NAME ({_sentence(reply)})"


def candidates(url: str) -> Iterator[str]:
    """The base URLs at which the API may be instead, the likeliest first."""
    base, mark, query = url.partition("?")
    if is_application(base):
        name, slash, path = base.partition("/")
        yield name + ("/" if f"/{path}" == USUAL_PATH or not slash else USUAL_PATH)
        return
    parts = urlsplit(base)
    origin = base.removesuffix(parts.path) if parts.path else base
    bare = _VERSION.sub("", base)
    further = (f"{base}/v1",) if bare == base else (bare,)
    for place in dict.fromkeys((*further, f"{origin}/v1", f"{origin}/api/v1")):
        if place != base:
            yield place + mark + query


def is_about_model(reply: Reply, model: str) -> bool:
    """Whether an error says that the model is wrong: by its `param`, its code, the place, or its words."""
    if reply.status not in OF_MODEL or not isinstance(reply.body, dict):
        return False
    error = reply.fields.get("error", reply.fields.get("detail", reply.fields))
    if isinstance(error, Mapping):
        if isinstance(error.get("param"), str) and error["param"]:
            return bool(error["param"] == "model")
        if re.search("model|deployment", str(error.get("code") or error.get("type") or ""), re.IGNORECASE):
            return True
        words = str(error.get("message") or error)
    elif isinstance(error, list):
        places = [row.get("loc") or [] for row in error if isinstance(row, Mapping)]
        return any(isinstance(place, list) and "model" in place for place in places)
    else:
        words = str(error)
    pattern = rf"(?<![\w-]){re.escape(model)}(?![\w-])|\b(unknown|no such|invalid) model\b"
    return re.search(pattern, words, re.IGNORECASE) is not None


def model_names(reply: Reply | None) -> tuple[str, ...]:
    """The models that a list names; none when the answer is no list of models."""
    if reply is None or reply.status != 200:
        return ()
    rows = reply.fields.get("data") or reply.fields.get("models") or reply.body
    if not isinstance(rows, list):
        return ()
    return tuple(dict.fromkeys(name for row in rows if (name := _model_name(row))))


def nearest_first(model: str, names: Sequence[str]) -> list[str]:
    """The names that begin like `model` or go on after it, then the others by how much they are like it."""

    def distance(name: str) -> tuple[bool, float]:
        low, whole = name.lower(), model.lower()
        begins = low.startswith(whole) or whole.startswith(low)
        return not begins, -SequenceMatcher(None, whole, low).ratio()

    return sorted(names, key=distance)


def _model_name(row: Any) -> str:
    if isinstance(row, Mapping):
        row = next((row[key] for key in ("id", "name", "model") if isinstance(row.get(key), str)), "")
    return row if isinstance(row, str) else ""


def _sentence(reply: Reply) -> str:
    """`POST /responses answered 404, text/html: "Not Found"`."""
    kind = safe(reply.headers.get("content-type") or "no content type", 60).partition(";")[0]
    words = _words(reply)
    return f"POST /responses answered {reply.status}, {kind}" + (
        f': "{words}"' if words else ", without a body"
    )


def _words(reply: Reply) -> str:
    """What the server says, for a person: the message of an error, the title of a page, or its text."""
    if message := message_of(reply):
        return safe(message, QUOTE)
    raw = reply.raw[:65536]
    title = _TITLE.search(raw) if _is_html(reply) else None
    text = title[1] if title and title[1].strip() else _TAG.sub(b" ", _INVISIBLE.sub(b" ", raw))
    return safe(" ".join((text if _is_html(reply) else raw).decode(errors="replace").split()), QUOTE)


def _is_html(reply: Reply) -> bool:
    kind = (reply.headers.get("content-type") or "").lower()
    return "html" in kind or (
        not kind and reply.raw.lstrip()[:15].lower().startswith((b"<!doctype", b"<html"))
    )


def _is_of_gateway(reply: Reply) -> bool:
    is_plain = not isinstance(reply.body, dict | list) and reply.status != 503
    return reply.status in GATEWAY and reply.stream is None and (_is_html(reply) or is_plain)


def _is_of_site(reply: Reply) -> bool:
    return _is_html(reply) and (reply.status < 300 or reply.status in SITE)


def _is_of_api(reply: Reply) -> bool:
    """Whether an answer to a create comes from a server that knows creates."""
    if reply.stream is not None:
        return True
    is_object = isinstance(reply.body, dict)
    return is_object and (reply.fields.get("object") == "response" or reply.status in HAS_ROUTE)
