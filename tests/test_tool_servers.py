"""Tools that the server calls itself: scripted in files, unreachable, and on a real server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from antiphon_mockserver.tool_servers import open_servers
from antiphon_mockserver.tool_servers.toolserver import ToolServerError
from antiphon_spec.data import DataError
from mock_client import AUTHORIZED, Client

SERVER = Path(__file__).with_name("mcp_server.py")
Json = dict[str, Any]


def output(client: Client, text: str, id: str = "file_assistant", version: str = "2") -> list[Json]:
    prompt: Json = {"id": id, "version": version}
    if id == "file_assistant":
        prompt["variables"] = {"owner": "Ada"}
    response = client.post("/responses", {"prompt": prompt, "input": text})
    response = response.json if response.raw.startswith(b"{") else response.events[-1]["response"]
    assert response["status"] == "completed"
    return list(response["output"])


def test_tools_are_listed_then_called_then_quoted() -> None:
    tool_list, call, message = output(Client(dialect="bud"), 'Call read_file with "notes.txt".')
    assert (tool_list["server_label"], tool_list["error"]) == ("filesystem", None)
    assert [tool["name"] for tool in tool_list["tools"]] == ["read_file", "list_directory", "read_secret"]
    assert all(set(tool) == {"name", "description", "input_schema"} for tool in tool_list["tools"])
    assert (call["type"], call["name"]) == ("mcp_call", "read_file")
    assert call["arguments"] == '{"path":"notes.txt"}'
    assert call["output"] == "notes.txt holds 42 lines; the first one says: The sea was calm."
    assert call["output"] in message["content"][0]["text"]


def test_a_tool_may_fail_and_the_model_goes_on() -> None:
    _, call, message = output(Client(dialect="bud"), 'Call read_secret with "a.txt".')
    assert (call["status"], call["output"], call["error"]) == ("completed", None, "Permission denied.")
    assert "Permission denied." in message["content"][0]["text"]


def test_tools_of_several_servers_are_called_in_one_answer() -> None:
    items = output(Client(dialect="bud"), "read_file notes.txt, get_forecast for Paris.", version="1")
    kinds = [(item["type"], item.get("server_label")) for item in items]
    assert kinds == [
        ("mcp_list_tools", "filesystem"),
        ("mcp_list_tools", "weather"),
        ("mcp_list_tools", "offline"),
        ("mcp_call", "filesystem"),
        ("mcp_call", "weather"),
        ("message", None),
    ]
    assert (items[2]["tools"], items[2]["error"]) == ([], "Connection refused.")
    assert items[1]["tools"][0]["annotations"] == {"readOnlyHint": True}


def test_a_request_may_name_servers_by_itself() -> None:
    tools = [{"type": "mcp", "server_label": label} for label in ("weather", "nowhere")]
    response = Client(dialect="bud").create("get_forecast for Paris", tools=tools).json
    kinds = [(item["type"], item.get("error")) for item in response["output"]]
    assert kinds == [
        ("mcp_list_tools", None),
        ("mcp_list_tools", "There is no MCP server 'nowhere'."),
        ("mcp_call", None),
        ("message", None),
    ]
    assert response["tools"] == tools


def serve(folder: Path, **server: Any) -> Client:
    """A mock with one template, whose tools are those of this server."""
    (folder / "servers").mkdir()
    (folder / "servers" / "abacus.yaml").write_text(yaml.safe_dump({"label": "abacus", **server}))
    version = {"model": "gpt-4o", "tool_servers": ["abacus"]}
    (folder / "sums.yaml").write_text(yaml.safe_dump({"id": "sums", "versions": {"1": version}}))
    return Client(dialect="bud", prompts=str(folder))


@pytest.fixture
def port() -> Iterator[int]:
    """A real server over HTTP, on this port."""
    pytest.importorskip("mcp", reason="pip install mcp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    running = subprocess.Popen(
        [sys.executable, str(SERVER), str(number)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(number)
        yield number
    finally:
        running.terminate()
        running.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server did not start")


def test_a_real_server_over_stdio_is_plugged_in(tmp_path: Path) -> None:
    pytest.importorskip("mcp", reason="pip install mcp")
    client = serve(tmp_path, connect={"command": [sys.executable, str(SERVER)]})
    tool_list, call, message = output(client, "add 4 5", "sums", "1")
    assert [tool["name"] for tool in tool_list["tools"]] == ["add", "fail"]
    assert tool_list["tools"][0]["description"] == "Adds two numbers."
    assert (call["arguments"], call["output"]) == ('{"a":4,"b":5}', "4 and 5 make 9")
    assert "4 and 5 make 9" in message["content"][0]["text"]
    call = output(client, "fail 7", "sums", "1")[1]
    assert call["output"] is None
    assert "7 is too much" in call["error"]


def test_a_real_server_over_http_is_plugged_in(tmp_path: Path, port: int) -> None:
    client = serve(tmp_path, connect={"url": f"http://127.0.0.1:{port}/mcp"})
    _, call, _ = output(client, "add 4 5", "sums", "1")
    assert call["output"] == "4 and 5 make 9"


def test_an_absent_server_does_not_stop_the_answer(tmp_path: Path) -> None:
    client = serve(tmp_path, connect={"command": ["/no/such/command"]})
    tool_list, message = output(client, "add 4 5", "sums", "1")
    assert tool_list["tools"] == []
    assert "abacus" in tool_list["error"]
    assert message["type"] == "message"


def test_only_allowed_tools_are_listed(tmp_path: Path) -> None:
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in ("add", "fail")]
    client = serve(tmp_path, tools=tools, allowed_tools=["add"], require_approval="always")
    response = client.post("/responses", {"prompt": {"id": "sums"}, "input": "Hello"}).json
    assert [tool["name"] for tool in response["output"][0]["tools"]] == ["add"]
    assert (response["tools"][0]["allowed_tools"], response["tools"][0]["require_approval"]) == (
        ["add"],
        "always",
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"label": "a"}, "tool_server"),
        ({"label": "a", "tools": [], "unreachable": "gone"}, "tool_server"),
        ({"label": "a", "connect": {}}, "tool_server"),
        ({"label": "a b", "tools": []}, "#/label"),
    ],
)
def test_a_malformed_server_is_rejected(tmp_path: Path, content: Json, complaint: str) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(DataError, match=complaint):
        open_servers(tmp_path)


def test_a_label_occurs_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({"label": "same", "tools": []}))
    with pytest.raises(DataError, match="a label of its own"):
        open_servers(tmp_path)


def test_a_server_out_of_reach_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump({"label": "a", "unreachable": "Gone fishing."}))
    with pytest.raises(ToolServerError, match="Gone fishing"):
        open_servers(tmp_path)["a"].tools()


@pytest.mark.parametrize(
    ("headers", "is_local"),
    [
        ({"host": "localhost:8080"}, True),
        ({"host": "127.0.0.1"}, True),
        ({"host": "127.9.9.9:80"}, True),
        ({"host": "[::1]:8080"}, True),
        ({"host": "LocalHost."}, True),
        ({"host": "mock.localhost:8080", "origin": "http://localhost:3000"}, True),
        ({"host": "ci.internal"}, True),
        ({"host": "evil.example"}, False),
        ({"host": "localhost.evil.example"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({"host": "192.168.1.4"}, False),
        ({"host": "localhost", "origin": "https://evil.example"}, False),
        ({"host": "localhost", "origin": "null"}, False),
        ({"host": "localhost", "origin": "http://localhost@evil.example"}, False),
        ({"host": ""}, False),
        ({"host": "[::1"}, False),
    ],
)
def test_real_tools_are_called_for_clients_of_this_machine_only(
    tmp_path: Path, headers: dict[str, str], is_local: bool
) -> None:
    client = serve(tmp_path, connect={"command": ["/no/such/command"]})
    local = Client(dialect="bud", prompts=client.app.settings.prompts, allowed_hosts=("ci.internal",))
    reply = local.post(
        "/responses", {"prompt": {"id": "sums", "version": "1"}, "input": "Hi"}, {**AUTHORIZED, **headers}
    )
    assert (reply.status != 403) == is_local


def test_plain_mocking_answers_every_web_page() -> None:
    reply = Client(dialect="openai").post(
        "/responses", {"model": "gpt-5", "input": "Hi"}, {**AUTHORIZED, "host": "a.example", "origin": "null"}
    )
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "*")
