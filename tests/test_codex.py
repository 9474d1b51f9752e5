"""Codex (npm: `@openai/codex`) against the mock: a turn that runs its shell, over SSE and over WebSocket."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from antiphon_mockserver import MockServer

CODEX = shutil.which("codex")
SETTINGS = """
model = "gpt-5"
model_provider = "mock"
[model_providers.mock]
name = "mock"
base_url = "{url}"
env_key = "MOCK_KEY"
wire_api = "responses"
supports_websockets = {websockets}
"""


def run(home: Path, url: str, prompt: str, *, websockets: bool) -> str:
    """The last message of a run of Codex."""
    assert CODEX is not None
    settings = SETTINGS.format(url=url, websockets=str(websockets).lower())
    (home / "config.toml").write_text(settings)
    options = ("--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
    result = subprocess.run(
        [CODEX, "exec", *options, prompt],
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "MOCK_KEY": "any", "CODEX_HOME": str(home)},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.skipif(CODEX is None, reason="codex is not installed (npm install -g @openai/codex)")
@pytest.mark.parametrize("websockets", [False, True], ids=["sse", "websocket"])
def test_codex_runs_its_shell_and_reads_the_result(tmp_path: Path, websockets: bool) -> None:
    with MockServer(dialect="openai", journal=10) as server:
        said = run(tmp_path, server.url, "Run the shell command: echo kingfisher", websockets=websockets)
        bodies = [entry.body for entry in server.journal]
    assert "The result of exec_command is" in said
    assert "kingfisher" in said
    assert bodies[-1]["input"][-1]["type"] == "function_call_output"
    assert ("previous_response_id" in bodies[-1]) == websockets
