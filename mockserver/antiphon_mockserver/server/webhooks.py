"""Tells addresses how responses in the background ended: each in a task of its own, beside the answers.

A response ends when a client has polled it to its end or has cancelled it, or else by itself: at the end of
its timeline by the real clock, and after `REST` seconds where time stands still. Its end is told then. The
time in `webhook-timestamp` is always that of the wall clock: receivers refuse a webhook that is older than
five minutes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

import orjson

from antiphon_mockserver.behaviour.webhooks import key_of, secret_of
from antiphon_mockserver.server.context import Request, ServerContext
from antiphon_mockserver.server.posting import post
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.state.record import Record
from antiphon_mockserver.state.store import StoreError
from antiphon_spec.loading.construction import dataclass

log = logging.getLogger("antiphon")

REST = 1.0
"""Seconds after which a response ends by itself where time stands still, unless a client ends it before."""
MOST_RESPONSES = 1000
"""How many responses are followed at a time; the ends of others are not told."""
LONGEST_LOG = 1000
"""How many webhooks are kept for people who look at them."""
MOST_POSTS = 16
"""How many tries run at a time."""
Post = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""(address, headers, body) -> the status of the answer, 0 for none."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where webhooks go."""

    address: str
    post: Post = post


@dataclass(slots=True)
class Webhook:
    """One webhook to one address, with its tries so far."""

    url: str
    headers: Mapping[str, str]
    """The headers of the latest try, as sent; names in lower case."""
    body: bytes
    """The body, as sent."""
    statuses: list[int] = field(default_factory=list)
    """The status that answered each try; 0 where no answer came."""
    is_over: bool = False
    """Whether it has arrived or was given up."""

    @property
    def event(self) -> dict[str, Any]:
        """The event in the body."""
        content: dict[str, Any] = orjson.loads(self.body)
        return content


class WebhookLog:
    """The latest webhooks, oldest first: at most `LONGEST_LOG`. A thread may wait for the next one."""

    def __init__(self) -> None:
        self._entries: deque[Webhook] = deque(maxlen=LONGEST_LOG)
        self._change = threading.Condition()

    def wait(self, count: int = 1, seconds: float = 10.0) -> list[Webhook]:
        """Returns the webhooks that have arrived or were given up, once there are so many.

        Raises TimeoutError when fewer come within these seconds.
        """
        with self._change:
            if not self._change.wait_for(lambda: len(self._over) >= count, seconds):
                message = f"expected {count} webhooks within {seconds:g} s, got {len(self._over)}"
                raise TimeoutError(message)
            return self._over

    @property
    def _over(self) -> list[Webhook]:
        return [webhook for webhook in self if webhook.is_over]

    def begin(self, webhook: Webhook) -> None:
        """Adds a webhook at its first try."""
        self._entries.append(webhook)

    def finish(self, webhook: Webhook) -> None:
        """Marks a webhook that has arrived or was given up."""
        with self._change:
            webhook.is_over = True
            self._change.notify_all()

    def clear(self) -> None:
        """Drops all webhooks."""
        self._entries.clear()

    def __iter__(self) -> Iterator[Webhook]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Webhook:
        return self._entries[index]


class Webhooks:
    """The webhooks of one server."""

    def __init__(self, settings: Settings) -> None:
        self.receivers = [Receiver(address) for address in settings.webhooks]
        self.secret = secret_of(settings)
        self.log = WebhookLog()
        self._following: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._posts = asyncio.Semaphore(MOST_POSTS)
        self._count = 0

    def note(self, server: ServerContext, request: Request) -> None:
        """Follows the response that a request began in the background, and looks again at one that it read
        or cancelled."""
        identity = request.parameters.get("response_id")
        if identity is not None:
            if identity in self._following:
                self._following[identity].set()
        elif request.operation.id == server.dialect.create_operation:
            self._begin(server, request.identity.response)

    async def close(self) -> None:
        """Ends everything at once; what was not told is lost."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, server: ServerContext, identity: str) -> None:
        try:
            record = server.responses.get(identity)
        except StoreError as problem:
            log.error("no webhook about %s: the store failed: %s", identity, problem)
            return
        if record is None or not server.behaviour.webhooks.tells(record.response):
            return
        if len(self._following) >= MOST_RESPONSES:
            log.warning("no webhook about %s: %d others run", identity, MOST_RESPONSES)
            return
        self._following[identity] = asyncio.Event()
        self._start(self._follow(server, record))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, server: ServerContext, record: Record) -> None:
        """Waits for the end of a response, and tells it."""
        try:
            after = await self._wait_for_end(server, record)
        except StoreError as problem:
            log.error("no webhook about %s: the store failed: %s", record.id, problem)
            return
        finally:
            del self._following[record.id]
        if after is None or after.deleted:
            return
        final = server.timeline(after).final
        if not server.behaviour.webhooks.tells(final):
            return
        event = server.behaviour.webhooks.event(final, int(server.clock.now()))
        for number, receiver in enumerate(self.receivers):
            self._start(self._tell(server, receiver, number, event))

    async def _wait_for_end(self, server: ServerContext, record: Record) -> Record | None:
        """The record at its end, which is stored; None when it does not exist any more."""
        timeline, loop, nudge = (
            server.timeline(record),
            asyncio.get_running_loop(),
            self._following[record.id],
        )
        now = server.clock.now()
        end = REST if server.clock.virtual else max(record.made_at + timeline.offsets[-1] - now, 0)
        deadline = loop.time() + end
        while not _has_ended(server.responses.get(record.id), timeline.steps):
            try:
                await asyncio.wait_for(nudge.wait(), max(deadline - loop.time(), 0))
            except TimeoutError:
                break
            nudge.clear()
        finish = server.behaviour.webhooks.end
        return server.responses.change(record.id, lambda latest: finish(latest, timeline.steps))

    async def _tell(
        self, server: ServerContext, receiver: Receiver, number: int, event: Mapping[str, Any]
    ) -> None:
        """Sends a webhook to one receiver until it has arrived or no try is left."""
        decisions, count = server.behaviour.webhooks, self._count
        self._count += 1
        await asyncio.sleep(decisions.hold(count))
        webhook = Webhook(receiver.address, {}, orjson.dumps(event))
        self.log.begin(webhook)
        for _ in range(decisions.copies(count)):
            for pause in (0.0, *decisions.pauses(server.clock.virtual)):
                await asyncio.sleep(pause)
                message_id = decisions.message_id(str(event.get("id")), number, len(webhook.statuses))
                webhook.headers = decisions.headers(
                    key_of(self.secret), message_id, time.time(), webhook.body
                )
                async with self._posts:
                    status = await receiver.post(receiver.address, webhook.headers, webhook.body)
                webhook.statuses.append(status)
                if decisions.accepts(status):
                    break
            else:
                log.warning(
                    "a webhook for %s was given up; its tries were answered: %s (0 is no answer)",
                    shown(receiver.address),
                    ", ".join(map(str, webhook.statuses)),
                )
        self.log.finish(webhook)


def shown(address: str) -> str:
    """An address as people may see it: without its query, which may hold a secret."""
    return address.partition("?")[0]


def _has_ended(record: Record | None, last: int) -> bool:
    return record is None or record.deleted or record.cut is not None or record.step >= last
