"""Any target is reached: keys in every place, certificates, proxies, sockets, applications."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from antiphon.main import run
from antiphon_conformance import check
from antiphon_conformance.http.client import Target
from antiphon_conformance.http.credentials import Credentials, read_place
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.network import HttpTransport
from antiphon_conformance.options.error import OptionError
from antiphon_conformance.options.reading import read_options
from antiphon_conformance.options.table import COMMAND, OPTIONS
from antiphon_conformance.report.curl import command
from antiphon_conformance.run import RunConfig

KEY = "sk-planted/4711+x"
ASK = Request("POST", "/responses", body={"model": "m"})
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Listener:
    """A server that keeps the head of each request and answers `{}`."""

    def __init__(self) -> None:
        self.heads: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        length = next(
            (line for line in head.lower().splitlines() if line.startswith("content-length:")), ":0"
        )
        await reader.readexactly(int(length.partition(":")[2]))
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    @property
    def target(self) -> str:
        """The target in the first line of the first request."""
        return self.heads[0].split(" ")[1]

    def header(self, name: str) -> str | None:
        lines = (line.partition(": ") for line in self.heads[0].splitlines())
        return next((value for key, _, value in lines if key.lower() == name), None)


@asynccontextmanager
async def listener(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Listener, int]]:
    seen = Listener()
    async with await asyncio.start_server(seen.answer, "127.0.0.1", 0, ssl=tls) as server:
        yield seen, server.sockets[0].getsockname()[1]


async def ask(transport: HttpTransport, credentials: Credentials | None = None) -> Exchange:
    async with asyncio.timeout(20), Target(transport, credentials) as target:
        return await target.send(ASK, "reach/one")


@pytest.mark.parametrize(
    ("auth", "target", "headers"),
    [
        ("bearer", "/v1/responses", {"authorization": f"Bearer {KEY}"}),
        ("header:api-key", "/v1/responses", {"api-key": KEY, "authorization": None}),
        ("query:key", f"/v1/responses?key={quote(KEY, '')}", {"authorization": None}),
        ("none", "/v1/responses", {"authorization": None}),
    ],
)
def test_the_key_goes_where_the_target_wants_it_and_nowhere_else(
    auth: str, target: str, headers: Mapping[str, str | None]
) -> None:
    async def scene() -> tuple[Listener, Exchange]:
        async with listener() as (seen, port):
            transport = HttpTransport(f"http://127.0.0.1:{port}/v1")
            return seen, await ask(transport, Credentials(KEY, *read_place(auth)))

    seen, exchange = asyncio.run(scene())
    assert seen.target == target
    assert {name: seen.header(name) for name in headers} == headers
    assert KEY not in repr(exchange)
    assert quote(KEY, "") not in repr(exchange)
    assert KEY not in command(exchange.request, "http://h/v1")


@pytest.mark.parametrize(
    ("sent", "auth", "expected"),
    [
        ({}, "header:api-key", {"api-key": KEY}),
        ({"authorization": ""}, "header:api-key", {}),
        ({"authorization": "Bearer wrong"}, "header:api-key", {"api-key": "wrong"}),
        ({"authorization": "bearer {api_key}"}, "header:api-key", {"api-key": KEY}),
        ({"authorization": "Bearer wrong"}, "none", {}),
    ],
)
def test_a_scenario_without_key_or_with_a_wrong_one_works_in_every_place(
    sent: Mapping[str, str], auth: str, expected: Mapping[str, str]
) -> None:
    request = Request("GET", "/responses/r", Headers(tuple(sent.items())))
    signed = Credentials(KEY, *read_place(auth)).sign(request)
    usual = {"accept", "user-agent"}
    assert {name: value for name, value in signed.headers.pairs if name not in usual} == expected


def test_headers_of_the_user_are_sent_and_only_their_names_are_recorded() -> None:
    async def scene() -> tuple[Listener, Exchange]:
        async with listener() as (seen, port):
            transport = HttpTransport(f"http://127.0.0.1:{port}/v1?api-version=2&code=hunter2")
            return seen, await ask(transport, Credentials(headers=(("x-tenant", "acme"), ("accept", ""))))

    seen, exchange = asyncio.run(scene())
    assert seen.target == "/v1/responses?api-version=2&code=hunter2"
    assert (seen.header("x-tenant"), seen.header("accept")) == ("acme", None)
    assert exchange.request.path == "/responses"
    assert exchange.request.headers.get("x-tenant") == "REDACTED"
    line = command(exchange.request, "http://h/v1?api-version=2&code=REDACTED")
    assert '"x-tenant: $X_TENANT"' in line
    assert 'code=\'"$API_KEY"' in line


def test_a_unix_socket_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "server.sock"
    seen = Listener()

    async def scene() -> Exchange:
        async with await asyncio.start_unix_server(seen.answer, str(path)):
            return await ask(HttpTransport(f"http+unix://{quote(str(path), '')}/v1"))

    assert asyncio.run(scene()).ok
    assert (seen.target, seen.header("host")) == ("/v1/responses", "localhost")


def test_an_absent_socket_is_named(tmp_path: Path) -> None:
    address = f"http+unix://{quote(str(tmp_path / 'absent.sock'), '')}/v1"
    exchange = asyncio.run(ask(HttpTransport(address)))
    assert "absent.sock: No such file" in str(exchange.failure)


def test_the_proxy_of_the_environment_is_not_used_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(url: str) -> tuple[Listener, Exchange]:
        async with listener() as (seen, port):
            monkeypatch.setenv("http_proxy", f"http://me:hunter2@127.0.0.1:{port}")
            return seen, await ask(HttpTransport(url.format(port=port)))

    seen, exchange = asyncio.run(scene("http://api.example.test/v1"))
    assert exchange.ok
    assert seen.target == "http://api.example.test/v1/responses"
    assert "hunter2" not in repr(exchange)
    seen, _ = asyncio.run(scene("http://localhost:{port}/v1"))
    assert seen.target == "/v1/responses"


@pytest.mark.parametrize("exempt", ["api.example.test", ".example.test", "other.test, example.test", "*"])
def test_no_proxy_exempts_a_host_and_its_domain(exempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", exempt)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    exchange = asyncio.run(ask(HttpTransport("http://api.example.test:9/v1")))
    assert "cannot connect to api.example.test:9" in str(exchange.failure)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody trusts, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    path, key = folder / "cert.pem", folder / "key.pem"
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    arguments = ["openssl", *words.split(), "-keyout", str(key), "-out", str(path)]
    subprocess.run(arguments, check=True, capture_output=True, timeout=60)
    return path, key


@pytest.mark.parametrize(
    ("trust", "reason"),
    [({}, "is not trusted"), ({"ca_file": True}, None), ({"insecure": True}, None)],
    ids=["the system's", "a file", "any"],
)
def test_a_certificate_is_checked_as_the_options_say(
    certificate: tuple[Path, Path], trust: Mapping[str, bool], reason: str | None
) -> None:
    path, key = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(path, key)

    async def scene() -> Exchange:
        async with listener(tls) as (_, port):
            ca_file = str(path) if "ca_file" in trust else None
            url = f"https://127.0.0.1:{port}/v1"
            return await ask(HttpTransport(url, ca_file=ca_file, insecure="insecure" in trust))

    exchange = asyncio.run(scene())
    assert exchange.failure is None if reason is None else reason in str(exchange.failure)


def options(target: str, **values: object) -> RunConfig:
    usual = {option.key: () if option.repeatable else option.default for option in OPTIONS}
    return read_options({**usual, "insecure": False, "target": target, **values}, COMMAND).config


@pytest.mark.parametrize(
    ("url", "dialect", "values", "variable"),
    [
        ("https://api.openai.com/v1", "openai", {}, "OPENAI_API_KEY"),
        ("https://eu.api.openai.com/v1", "openresponses", {}, "OPENAI_API_KEY"),
        ("http://127.0.0.1:8000/v1", "openai", {}, ""),
        ("https://api.openai.com.evil.test/v1", "openai", {}, ""),
        ("https://api.openai.com/v1", "cloudglue", {}, ""),
        ("http://127.0.0.1:8000/v1", "openai", {"api_key_env": "OPENAI_API_KEY"}, "OPENAI_API_KEY"),
    ],
)
def test_the_vendors_key_goes_only_to_the_vendor_unless_named(
    url: str, dialect: str, values: dict[str, object], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("CLOUDGLUE_API_KEY", KEY)
    config = options(url, dialect=dialect, **values)
    assert (config.key_variable, config.api_key) == (variable, KEY if variable else None)


@pytest.mark.parametrize(
    ("line", "auth"),
    [("Authorization: Bearer hunter2", "bearer"), ("X-Api-Key: hunter2", "header:x-api-key")],
)
def test_a_key_in_a_header_of_the_user_is_the_key(line: str, auth: str) -> None:
    config = options("http://h/v1", header=(line,))
    assert (config.api_key, config.auth, config.headers) == ("hunter2", auth, ())
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"auth": "basic"}, "--auth: expected bearer, header:NAME, query:NAME or none, got 'basic'"),
        ({"auth": "header:"}, "--auth: expected bearer"),
        ({"header": ("hunter2",)}, "--header: expected 'NAME: VALUE', got a text without a name and a colon"),
        ({"header": ("x-a: h\u0142",)}, "--header x-a: expected a value of printable Latin-1"),
        ({"ca_file": "/absent.pem"}, "--ca-file /absent.pem: expected a file of certificates"),
    ],
)
def test_a_wrong_option_is_named_and_no_secret_is_repeated(values: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as error:
        options("http://h/v1", **values)
    assert message in str(error.value)
    assert "hunter2" not in str(error.value)


def test_an_application_is_loaded_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "from antiphon_mockserver.server.app import make_app\n"
    source += "from antiphon_mockserver.settings import Settings\n"
    (tmp_path / "reached_app.py").write_text(source + "app = make_app(Settings(dialect='openai'))\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert run(["check", "reached_app:app", "--dialect", "openai", "--max-requests", "3"]) == 2
    assert "3 requests" in capsys.readouterr().out
    assert run(["check", "reached_app:absent", "--dialect", "openai"]) == 3
    assert "AttributeError" in capsys.readouterr().err


@pytest.mark.responses_mock(dialect="openai", api_keys=(KEY,))
def test_check_in_python_takes_the_same(responses_mock) -> None:
    url = f"{responses_mock.url}?tenant=1"
    headers = {"X-Tenant": "acme", "Authorization": f"Bearer {KEY}"}
    result = check(url, "openai", headers=headers, max_requests=2, properties=False)
    assert result.metadata["headers"] == ["x-tenant"]
    assert responses_mock.journal[0].headers["x-tenant"] == "acme"
    assert not result.metadata["refused"]


def test_the_first_line_says_which_key_goes_where(capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "http://127.0.0.1:9/v1", "--dialect", "openai", "--no-properties"])
    assert capsys.readouterr().out.startswith("no API key is sent; --api-key-env OPENAI_API_KEY sends")
