"""Memory of the mock server while clients have stopped reading a long stream.

    python benchmarks/stalled.py --clients 100 --size 3600000
    python benchmarks/stalled.py --kind chat

A script answers with a text of that size, in thousands of events: 3,600,000 characters make 100 MB.
Each client asks for it, reads nothing, and stays. The script prints the memory of the server before, with one
client, and with all. `slow` has a pace and the real clock, so that the answer passes through ASGI.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KINDS = ("stream", "chat", "json", "websocket", "slow")


def memory(pid: int) -> int:
    """The memory of a process, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) // 1024


UPGRADE = (
    b"GET /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer any\r\nconnection: Upgrade\r\n"
    b"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def ask(port: int, number: int, kind: str) -> socket.socket:
    """A client that asks for the text, and has read the head of the answer."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(120)
    value: dict[str, object] = {"model": "gpt-4o-mini", "input": f"long {number}", "stream": kind != "json"}
    path = "responses"
    if kind == "websocket":
        connection.sendall(UPGRADE)
        connection.recv(1000)
        text = json.dumps({"type": "response.create", "model": "gpt-4o-mini", "input": f"long {number}"})
        connection.sendall(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text.encode())
        connection.recv(100)
        return connection
    if kind == "chat":
        path = "chat/completions"
        value["messages"] = [{"role": "user", "content": value.pop("input")}]
    body = json.dumps(value).encode()
    fields = f"POST /v1/{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    connection.sendall(
        fields.encode() + b"authorization: Bearer any\r\ncontent-type: application/json\r\n\r\n" + body
    )
    head = connection.recv(100)
    if b" 200 " not in head:
        raise RuntimeError(f"the server answered {head!r}")
    return connection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--size", type=int, default=2_000_000, help="characters of the text")
    parser.add_argument("--kind", choices=KINDS, default="stream", help="how they ask for it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        script = Path(name) / "script.yaml"
        text = "word " * (given.size // 5)
        pace = "    pace: 0.000001\n" if given.kind == "slow" else ""
        script.write_text(f"answers:\n  - text: {text}\n{pace}")
        command = ["serve", "--port", "0", "--dialect", "openai", "--script", str(script)]
        if given.kind == "slow":
            command += ["--clock", "real"]
        server = subprocess.Popen(
            [sys.executable, "-m", "antiphon", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            lines = iter(server.stdout or ())
            line = next(line for line in lines if "http://" in line)
            port = int(line.partition("http://127.0.0.1:")[2].partition("/")[0])
            print(f"before: {memory(server.pid)} MiB", flush=True)
            clients = []
            for number in range(given.clients):
                clients.append(ask(port, number, given.kind))
                if number in (0, 9):
                    time.sleep(1)
                    print(f"{number + 1} clients: {memory(server.pid)} MiB", flush=True)
            time.sleep(2)
            print(f"{given.clients} clients: {memory(server.pid)} MiB", flush=True)
            for connection in clients:
                connection.close()
            time.sleep(2)
            print(f"after they left: {memory(server.pid)} MiB", flush=True)
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
