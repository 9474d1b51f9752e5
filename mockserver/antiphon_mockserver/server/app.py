"""The ASGI app: it finds the operation of a request, reads the body, calls the handler and sends the answer.

One callable without middleware, so the way of a request reads from top to bottom.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from antiphon_mockserver.api import HANDLERS, Handler, not_implemented
from antiphon_mockserver.api.moulding import open_moulds
from antiphon_mockserver.behaviour.behaviour import STANDARD
from antiphon_mockserver.behaviour.webhooks import check_address
from antiphon_mockserver.prompt_templates.template import open_registry
from antiphon_mockserver.response.identity import Identity, fingerprint, of_request
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.script import load_pace
from antiphon_mockserver.server.aside import Aside
from antiphon_mockserver.server.cache import open_cache
from antiphon_mockserver.server.compression import decompress
from antiphon_mockserver.server.context import NO_IDENTITY, Answer, Request, ServerContext, Streaming
from antiphon_mockserver.server.deviations import reject_unused, select_changes, wrap
from antiphon_mockserver.server.errors import STORE_UNAVAILABLE
from antiphon_mockserver.server.faults import NONE, Faults
from antiphon_mockserver.server.haste import LongWorkError, allowance
from antiphon_mockserver.server.headers import preflight, with_bearer
from antiphon_mockserver.server.origin import reject_elsewhere
from antiphon_mockserver.server.reading import canonical, is_large, read, reject_too_long, without_boundary
from antiphon_mockserver.server.sender import Body, Connection, Receive, Send, Sender, written
from antiphon_mockserver.server.standard import behaviour_of
from antiphon_mockserver.server.webhooks import Webhooks
from antiphon_mockserver.settings import Settings, Source, check_types
from antiphon_mockserver.state.clock import Sleeper, open_clock
from antiphon_mockserver.state.opening import open_store
from antiphon_mockserver.state.store import StoreError
from antiphon_mockserver.tool_servers import is_live
from antiphon_mockserver.video_library.comparison import readings_of
from antiphon_mockserver.video_library.library import open_library
from antiphon_spec.dialect import Dialect, load_concrete
from antiphon_spec.document import Document, Operation

Work = Callable[[Request], Answer | Streaming]
log = logging.getLogger("antiphon")


class MockApp:
    """The mock server of one dialect, as an ASGI app."""

    def __init__(self, settings: Settings) -> None:
        check_types(settings)
        self.settings = settings
        self.dialect = load_concrete(settings.dialect)
        reject_unused(settings, self.dialect)
        self.changes = select_changes(settings)
        self.sleeper = Sleeper()
        self.faults = Faults(settings.faults) if settings.faults else None
        self.router = Router(self.dialect)
        self.server = ServerContext(
            settings=settings,
            dialect=self.dialect,
            behaviour=behaviour_of(self.dialect, settings.scripts, self.changes),
            store=open_store(settings.store),
            clock=open_clock(settings.clock, self.sleeper),
            pace=load_pace(settings.pace),
            library=open_library(settings.world, readings_of(settings.readings))
            if self.dialect.traits.knowledge
            else None,
            prompts=open_registry(settings.prompts) if self.dialect.mock.prompts else None,
        )
        self.server = replace(self.server, moulds=open_moulds(self.server))
        if settings.prompts:
            _ = self.server.reusable_prompts  # a malformed folder shows at the start
        prompts = self.server.prompts
        self.has_effects = prompts is not None and any(map(is_live, prompts.servers.values()))
        self.sender = Sender(self.server, self.changes, self.sleeper)
        self.cache = open_cache(self.server)
        self.aside = Aside()
        self._defaults: dict[str, Mapping[str, Any]] = {}  # of an empty query, by operationId
        for webhook_address in settings.webhooks:
            check_address(webhook_address, settings.allowed_hosts)
        self.webhooks = Webhooks(settings) if self.dialect.mock.webhooks else None
        self._serve = wrap(self._exchange, settings.variations)

    def play(self, scripts: Sequence[Source]) -> None:
        """Answers by these scripts from now on. Raises ScriptError when a script is malformed."""
        self.server = replace(self.server, behaviour=behaviour_of(self.dialect, scripts, self.changes))
        self.server = replace(self.server, moulds=open_moulds(self.server))
        self.cache = None if scripts else open_cache(self.server)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, Connection(receive, send))
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            sockets = import_module("antiphon_mockserver.server.websocket")  # with the first connection
            await sockets.serve_socket(self, scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        if self.webhooks is not None:
            await self.webhooks.close()
        self.aside.close()
        self.server.store.close()
        await send({"type": message["type"] + ".complete"})

    @cached_property
    def answers_at_once(self) -> bool:
        """Whether no answer takes time, and nothing changes answers on their way to the client."""
        settings = self.settings
        deviations = settings.faults or settings.mutants or settings.variations
        return self.server.clock.virtual and not deviations

    def answer_at_once(self, request: Request, content: bytes) -> tuple[int, bytes, Body]:
        """The status, the lines of the headers and the body that answer a request whose body has come, the
        body of a long stream in pieces; for a server that `answers_at_once`.

        Raises LongWorkError for a request that `answer_beside` has to answer.
        """
        answer: Answer | Streaming
        try:
            if not request.admitted:
                self._route(request)
            if request.method == "POST":
                reject_too_long(len(content), self._body_limit)
                request.content = content
            answer = self._work(request)
        except Exception as problem:
            answer = self._answer_to(problem, request)
        self._note(request)
        return self.sender.lines(request, answer)

    async def _exchange(self, scope: Any, connection: Connection) -> None:
        request, fault = self.read_scope(scope), NONE
        answer: Answer | Streaming
        try:
            if request.method == "OPTIONS":
                answer = preflight(request.headers, self.router.methods(request.path))
                self.identify(request)
            else:
                self._route(request)
                fault = self.faults.next_fault() if self.faults is not None else NONE
                if request.method == "POST":
                    limits = self._body_limit, self.settings.body_limit
                    request.content = await read(connection.receive, request.headers, *limits)
                answer = await self._answer(request)
        except Exception as problem:
            answer = self._answer_to(problem, request)
        if delay := fault.delay:
            await self.sleeper.wait(delay)
        if answer.delay:
            await self.server.clock.wait(answer.delay)
        try:
            if isinstance(answer, Streaming):
                await self.sender.stream(request, answer, fault, connection)
            else:
                await self.sender.answer(request, answer, fault, connection)
        finally:
            self._note(request)

    async def _answer(self, request: Request) -> Answer | Streaming:
        """What answers a request whose body has come; a long work is done beside the loop."""
        if is_large(request):
            return await self.aside.run(self._work, request)
        try:
            return self._work(request)
        except LongWorkError:
            return await self.aside.run(self.ask_beside, request)

    async def answer_beside(self, request: Request) -> tuple[int, bytes, Body]:
        """What `answer_at_once` returns, of a request for which that raised LongWorkError."""
        answer: Answer | Streaming
        try:
            answer = await self.aside.run(self.ask_beside, request)
        except Exception as problem:
            answer = self._answer_to(problem, request)
        self._note(request)
        return self.sender.lines(request, answer)

    def _note(self, request: Request) -> None:
        """Lets the receivers of webhooks learn how a response ends that this request began or ended."""
        if self.webhooks is not None and self.webhooks.receivers:
            self.webhooks.note(self.server, request)

    def _answer_to(self, problem: Exception, request: Request) -> Answer:
        """The answer to a request that was rejected, or that could not be answered."""
        place = request.target.partition("?")[0]  # a query may hold a key
        if isinstance(problem, ApiError):
            answer = self.error_answer(problem)
        elif isinstance(problem, StoreError):
            log.error("%s %s: the store failed: %s", request.method, place, problem)
            answer = self.error_answer(STORE_UNAVAILABLE)
        else:
            log.error("%s %s", request.method, place, exc_info=problem)
            answer = self.error_answer(
                ApiError("The server had an error while processing the request.", status=500)
            )
        if request.identity is NO_IDENTITY:
            with suppress(StoreError):
                self.identify(request)
        return answer

    def read_scope(self, scope: Any) -> Request:
        """Returns the request of an ASGI scope, before its body is read."""
        raw_path = scope.get("raw_path")
        path = raw_path.partition(b"?")[0].decode("latin-1") if raw_path else scope["path"]
        return Request(
            method=scope["method"],
            path=self.router.below_base(path),
            query_string=scope.get("query_string", b"").decode("latin-1"),
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
            },
        )

    def _route(self, request: Request) -> None:
        known_key = request.earlier_key
        if known_key is None:
            self._reject_unwelcome(request.headers)
        request.operation, request.parameters = self.router.find(request.method, request.path)
        request.key = self._authenticate(request.headers) if known_key is None else known_key
        if request.operation.parameters:
            request.query = self._read_query(request)
        request.admitted = True

    def _read_query(self, request: Request) -> Mapping[str, Any]:
        """The parameters in the query; most requests have none, and get the defaults of their operation."""
        name, read_query = request.operation.id, self.server.behaviour.requests.read_query
        is_usual = not request.query_string and read_query is STANDARD.requests.read_query
        if not is_usual or name not in self._defaults:
            pairs = parse_qsl(request.query_string, keep_blank_values=True)
            query = read_query(request.operation, self.router.document_of(request.operation), pairs)
            return self._defaults.setdefault(name, query) if is_usual else query
        return self._defaults[name]

    @property
    def _body_limit(self) -> int:
        """How many bytes a body may have."""
        return self.server.behaviour.requests.body_limit(self.settings.body_limit, self.dialect)

    def _read_body(self, request: Request) -> None:
        """Parses the body, and counts the request."""
        try:
            if "content-encoding" in request.headers and request.content:
                request.content = decompress(request.headers, request.content, self.settings.body_limit)
            if request.operation.request_schema is not None:
                request.body = self.server.behaviour.requests.read_body(request.headers, request.content)
                request.content = canonical(request.body)
        finally:
            self.identify(request)

    def identify(self, request: Request) -> None:
        """Counts the request among identical ones, and derives its ids from that number.

        Raises StoreError when a request that may create something cannot be counted.
        """
        server, traits = self.server, self.dialect.traits
        content = request.content
        if request.body is None:
            content = without_boundary(request.headers, content)
        target = f"{request.method} {request.target}"
        digest = fingerprint(self.settings.seed, request.key, target, content)
        failure: StoreError | None = None
        try:
            request.number = server.store.count(digest)
        except StoreError as problem:
            failure = problem
        nonce = of_request(digest, server.behaviour.requests.occurrence(request.number))
        request.identity = Identity(nonce, traits.id_prefixes, form=traits.id_form)
        if failure is not None and request.method == "POST":
            # An object that is created must not get the ids of another; reading goes on.
            raise failure

    def _work(self, request: Request) -> Answer | Streaming:
        """Reads the body and asks the handler. Raises LongWorkError in the loop."""
        large = is_large(request)
        self._read_body(request)
        return self.ask_beside(request) if large else self.hurry(self._ask, request)

    def hurry(self, work: Work, request: Request) -> Answer | Streaming:
        """What the work returns. Raises LongWorkError where the loop has no time for it."""
        # What a tool has done would be done again by the thread.
        allowance.left = None if self.has_effects else allowance.whole
        try:
            return work(request)
        finally:
            allowance.left = None

    def ask_beside(self, request: Request) -> Answer | Streaming:
        """Asks the handler in a thread: what the loop reads and writes at the same time is left to it."""
        answer = handler(request.operation)(replace(self.server, moulds=None), request)
        if isinstance(answer, Answer) and not self.changes["body"]:
            answer.body = written(answer.body)
        return answer

    def _ask(self, request: Request) -> Answer | Streaming:
        handle = handler(request.operation)
        if self.cache is None or request.number == 0:  # a request that may never come again
            return handle(self.server, request)
        return self.cache.answer(handle, self.server, request)

    def admit(self, headers: Mapping[str, str]) -> str:
        """Returns the key of a client that opens a connection. Rejects one that may not."""
        self._reject_unwelcome(headers)
        return self._authenticate(headers)

    def _reject_unwelcome(self, headers: Mapping[str, str]) -> None:
        """Rejects headers that are too large, and clients from elsewhere where tools are real."""
        self.sender.headers.reject_too_large(headers)
        if self.has_effects:
            reject_elsewhere(headers, self.settings.allowed_hosts)
        elif self.webhooks is not None and self.webhooks.receivers:  # only browsers name an origin
            reject_elsewhere(headers, self.settings.allowed_hosts, ("origin",))

    def _authenticate(self, headers: Mapping[str, str]) -> str:
        """The key of a client, wherever the dialect has it."""
        bearer = headers if self.dialect.auth == "bearer" else with_bearer(headers, self.dialect.auth)
        return self.server.behaviour.access.authenticate(bearer, self.settings.api_keys)

    def error_answer(self, error: ApiError) -> Answer:
        """Returns the answer for an error, in the envelope of the dialect."""
        status, body = self.server.behaviour.errors.envelope(error, self.dialect)
        usual = self.dialect.mock.refusal_headers.get(str(status), {})
        return Answer(status, {**usual, **error.headers}, body, error.delay)


def make_app(settings: Settings) -> MockApp:
    """Returns the ASGI app for these settings. Raises TypeError and ValueError for invalid settings."""
    return MockApp(settings)


def handler(operation: Operation) -> Handler:
    """The handler of an operation. Rejects an operation without a handler with 501."""
    if operation.id not in HANDLERS:
        raise not_implemented(operation)
    return HANDLERS[operation.id]


BASE = "/v1"
"""The usual base path, when the document has no servers."""


class Router:
    """The routes of one dialect's document."""

    def __init__(self, dialect: Dialect) -> None:
        self.document = document = dialect.document
        self.companion = dialect.companion
        servers = document.root.get("servers") or [{"url": BASE}]
        of_document = urlsplit(servers[0]["url"]).path.rstrip("/") or BASE
        self.bases = (*dialect.mock.base_paths, of_document)
        self.base = self.bases[0]
        self._operations = {
            (operation.method, operation.path): operation
            for operation in document.operations.values()
            if "{" not in operation.path
        }

    def below_base(self, path: str) -> str:
        """Returns the path without the base path."""
        for base in self.bases:
            if path.startswith(base) and path[len(base) : len(base) + 1] == "/":
                return path[len(base) :]
        return path

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Returns the operation and its path parameters. Rejects an unknown path (404) or method (405)."""
        if (operation := self._operations.get((method, path))) is not None:
            return operation, {}
        documents = filter(None, (self.document, self.companion))
        routes = (document.match("GET" if method == "HEAD" else method, path) for document in documents)
        if (route := next(filter(None, routes), None)) is not None:
            return route
        methods = self.methods(path)
        if not methods:
            raise ApiError(f"Unknown path: {method} {path[:200]}.", status=404, code="unknown_url")
        headers = {"allow": ", ".join(methods)}
        message = f"{method} is not allowed here; {headers['allow']} is."
        raise ApiError(message, status=405, code="method_not_allowed", headers=headers)

    def document_of(self, operation: Operation) -> Document:
        """Returns the document that has this operation."""
        is_beside = self.companion is not None and operation.id in self.companion.operations
        return self.companion if self.companion is not None and is_beside else self.document

    def methods(self, path: str) -> tuple[str, ...]:
        """Returns the methods of a path; none when the path is unknown."""
        beside = self.companion.methods(path) if self.companion else ()
        methods = tuple(dict.fromkeys((*self.document.methods(path), *beside)))
        extra = ("HEAD", "OPTIONS") if "GET" in methods else ("OPTIONS",)
        return (*methods, *extra) if methods else ()
