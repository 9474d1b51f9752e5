"""Agent frameworks against the mock: each runs its script in `clients/frameworks/` where it is installed.

`ANTIPHON_CLIENTS` names a folder with an environment for each (`langchain/venv`, `ai-sdk/node_modules`), as
their requirements exclude each other; docs/clients.md says how to make one. Others run in this environment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from antiphon_mockserver import MockServer

SCRIPTS = Path(__file__).parent / "clients" / "frameworks"
PAGE = Path(__file__).parents[1] / "docs" / "clients.md"
ENVIRONMENTS = os.environ.get("ANTIPHON_CLIENTS", "")
SECONDS = 120
PONG, COUNTED = "pong", "1, 2, 3, 4, 5"
REPORT = "The result of get_weather is: Paris: 21 degrees and sunny"
ADA = {"name": "Ada", "age": 36}
SEEN = "I see an image. You said: What is in this picture?"
IMAGES = dict.fromkeys(("chat_image", "responses_image"), SEEN)
CALL = ["get_weather", {"city": "Paris"}]
BOTH = [ADA, {"name": "Bob", "age": 41}]
REMEMBERED = "Your name is Ada."
BOTH_APIS = {
    **dict.fromkeys(("chat", "responses"), PONG),
    **dict.fromkeys(("chat_stream", "responses_stream"), COUNTED),
    **dict.fromkeys(("chat_agent", "responses_agent"), REPORT),
}
"""A text, a stream and a tool, over chats and over responses."""


@dataclass(frozen=True, slots=True)
class Client:
    """A framework: its folder, its script, the module that shows whether it is installed, its results."""

    name: str
    script: str
    module: str
    install: str
    results: dict[str, Any]

    def _is_here(self) -> bool:
        """Whether this environment has its module: `find_spec` raises where its package is absent."""
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False

    def command(self) -> list[str] | None:
        """The command that runs its script, without the URL; None where it is not installed."""
        home = Path(ENVIRONMENTS, self.name) if ENVIRONMENTS else None
        if self.script.endswith(".mjs"):
            node = shutil.which("node")
            is_there = home is not None and (home / "node_modules" / self.module).is_dir()
            return [node, self.script] if node and is_there else None
        interpreter = home / "venv" / "bin" / "python" if home is not None else None
        if interpreter is not None and interpreter.exists():
            return [str(interpreter), str(SCRIPTS / self.script)]
        return [sys.executable, str(SCRIPTS / self.script)] if self._is_here() else None


CLIENTS = (
    Client(
        "openai-agents",
        "openai_agents.py",
        "agents",
        "openai-agents websockets",
        {
            **dict.fromkeys(("responses_tool", "chat_tool", "websocket_tool", "required_tool"), REPORT),
            **IMAGES,
            "streamed_tool": [
                REPORT,
                ["agent_updated_stream_event", "raw_response_event", "run_item_stream_event"],
            ],
            "structured": ADA,
            "handoff": 'The result of transfer_to_billing_agent is: {"assistant": "Billing agent"}',
        },
    ),
    Client(
        "openai-agents-js",
        "openai_agents.mjs",
        "@openai/agents",
        "@openai/agents openai ws zod",
        {
            **dict.fromkeys(("responses_tool", "chat_tool", "websocket_tool", "streamed_tool"), REPORT),
            **IMAGES,
            "structured": ADA,
            "handoff": "Billing agent",
        },
    ),
    Client(
        "langchain",
        "langchain_openai_client.py",
        "langchain_openai",
        "langchain langchain-openai",
        {
            **dict.fromkeys(("chat", "responses"), PONG),
            **dict.fromkeys(("chat_stream", "responses_stream"), COUNTED),
            **dict.fromkeys(("chat_agent", "responses_agent"), REPORT),
            **IMAGES,
            **dict.fromkeys(("json_schema", "function_calling", "json_mode"), ADA),
        },
    ),
    Client(
        "pydantic-ai",
        "pydantic_ai_client.py",
        "pydantic_ai",
        "pydantic-ai-slim[openai]",
        {
            **dict.fromkeys(("chat_tool", "responses_tool"), REPORT),
            **dict.fromkeys(("tool_output", "native_output", "prompted_output"), ADA),
            **IMAGES,
            "corrected_output": {"name": "Ada", "age": 41},
            "corrected_tool": "The result of save_person is: Ada, 41",
            "tool_then_output": "Ada",
        },
    ),
    Client(
        "llama-index",
        "llama_index_client.py",
        "llama_index",
        "llama-index-llms-openai",
        {
            **dict.fromkeys(("chat", "responses"), PONG),
            **dict.fromkeys(("chat_stream", "responses_stream"), COUNTED),
            **dict.fromkeys(("structured", "structured_responses", "prompt_program"), ADA),
            **dict.fromkeys(("chat_agent", "responses_agent"), REPORT),
        },
    ),
    Client(
        "smolagents",
        "smolagents_client.py",
        "smolagents",
        "smolagents[openai]",
        {
            "chat": PONG,
            **dict.fromkeys(("tool_calling_agent", "streamed_agent"), REPORT),
            "structured_code_agent": "42",
            "code_agent": "Paris: 21 degrees and sunny",
        },
    ),
    Client(
        "litellm",
        "litellm_client.py",
        "litellm",
        "litellm==1.105.7",
        {
            **dict.fromkeys(("chat", "responses"), PONG),
            **dict.fromkeys(("chat_stream", "responses_stream"), COUNTED),
            **dict.fromkeys(("chat_tool", "responses_tool"), CALL),
            "chat_structured": ADA,
        },
    ),
    Client(
        "dspy",
        "dspy_client.py",
        "dspy",
        "dspy mcp 'litellm<1.107'",
        {
            **dict.fromkeys(("predict", "responses"), PONG),
            "json_adapter": ["Ada", 36],
            "react": "Paris: 21 degrees and sunny",
        },
    ),
    Client(
        "crewai",
        "crewai_client.py",
        "crewai",
        "crewai 'litellm<1.107'",
        {"answer": PONG, "agent_tool": REPORT, "structured": ADA},
    ),
    Client(
        "instructor",
        "instructor_client.py",
        "instructor",
        "instructor",
        {
            **dict.fromkeys(
                (
                    "by_tool",
                    "by_strict_tool",
                    "by_json",
                    "by_schema",
                    "by_markdown",
                    "by_responses",
                    "partial",
                ),
                ADA,
            ),
            "corrected": {"name": "Ada", "age": 41},
            "several": BOTH,
        },
    ),
    Client(
        "agno",
        "agno_client.py",
        "agno",
        "agno openai",
        {
            **BOTH_APIS,
            **dict.fromkeys(("structured", "structured_responses", "json_mode"), ADA),
            "turns": REMEMBERED,
        },
    ),
    Client(
        "strands",
        "strands_client.py",
        "strands",
        "strands-agents[openai]",
        {
            **dict.fromkeys(("chat", "responses"), PONG),
            **dict.fromkeys(("chat_agent", "responses_agent"), REPORT),
            "structured": ADA,
            "turns": REMEMBERED,
        },
    ),
    Client(
        "google-adk",
        "google_adk_client.py",
        "google.adk",
        "google-adk mcp 'litellm<1.107'",
        {
            "chat": PONG,
            "chat_stream": COUNTED,
            **dict.fromkeys(
                ("chat_agent", "streamed_agent"),
                'The result of get_weather is: {"result": "Paris: 21 degrees and sunny"}',
            ),
            "structured": '{"name":"Ada","age":36}',
            "turns": REMEMBERED,
            "transfer": "billing",
        },
    ),
    Client(
        "haystack",
        "haystack_client.py",
        "haystack",
        "haystack-ai",
        {**BOTH_APIS, "structured": ADA},
    ),
    Client(
        "autogen",
        "autogen_client.py",
        "autogen_agentchat",
        "autogen-agentchat autogen-ext[openai]",
        {
            **dict.fromkeys(("chat", "team"), PONG),
            "chat_stream": COUNTED,
            "chat_agent": REPORT,
            "structured": ADA,
            "turns": REMEMBERED,
        },
    ),
    Client(
        "semantic-kernel",
        "semantic_kernel_client.py",
        "semantic_kernel",
        "semantic-kernel",
        {
            **dict.fromkeys(("chat", "responses"), PONG),
            "chat_stream": COUNTED,
            **dict.fromkeys(
                ("chat_agent", "responses_agent"), REPORT.replace("get_weather", "Station-get_weather")
            ),
            "structured": ADA,
        },
    ),
    Client(
        "agent-framework",
        "agent_framework_client.py",
        "agent_framework",
        "agent-framework-openai",
        {
            **dict.fromkeys(("chat", "responses"), PONG),
            "responses_stream": COUNTED,
            **dict.fromkeys(("chat_agent", "responses_agent"), REPORT),
            **dict.fromkeys(("structured", "structured_responses"), ADA),
        },
    ),
    Client(
        "magentic",
        "magentic_client.py",
        "magentic",
        "magentic",
        {
            "chat": PONG,
            "chat_stream": COUNTED,
            "chat_agent": REPORT,
            "structured": ADA,
            "several": BOTH,
            "number": 5,
        },
    ),
    Client(
        "mirascope",
        "mirascope_client.py",
        "mirascope",
        "mirascope[openai]",
        {**BOTH_APIS, **dict.fromkeys(("structured", "structured_responses"), ADA)},
    ),
    Client(
        "marvin",
        "marvin_client.py",
        "marvin",
        "marvin 'pydantic-ai-slim[openai]<1.60' 'mcp<2'",
        {"chat": PONG, "chat_agent": REPORT, "structured": ADA, "several": BOTH},
    ),
    Client(
        "langchain-js",
        "langchain_js.mjs",
        "@langchain/openai",
        "@langchain/openai @langchain/core langchain zod",
        {**BOTH_APIS, **dict.fromkeys(("structured", "structured_responses"), ADA)},
    ),
    Client(
        "mastra",
        "mastra.mjs",
        "@mastra/core",
        "@mastra/core @ai-sdk/openai@2 ai@5 zod",
        {**BOTH_APIS, **dict.fromkeys(("structured", "structured_responses"), ADA)},
    ),
    Client(
        "ai-sdk",
        "ai_sdk.mjs",
        "@ai-sdk/openai",
        "ai @ai-sdk/openai zod",
        {
            **dict.fromkeys(("chat", "responses"), PONG),
            **dict.fromkeys(("chat_stream", "responses_stream"), COUNTED),
            **dict.fromkeys(("chat_agent", "responses_agent"), REPORT),
            **IMAGES,
            **dict.fromkeys(("chat_object", "responses_object"), ADA),
        },
    ),
)


def run(client: Client, command: list[str], home: Path) -> dict[str, Any]:
    """The results of a script against a fresh mock."""
    folder = SCRIPTS
    if client.script.endswith(".mjs"):
        folder = Path(ENVIRONMENTS, client.name)
        shutil.copy(SCRIPTS / client.script, folder / client.script)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with MockServer(dialect="openai") as server:
        result = subprocess.run(
            [*command, server.url],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**environment, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    return answer


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_framework_works_against_the_mock(client: Client, tmp_path: Path) -> None:
    command = client.command()
    if command is None:
        pytest.skip(f"{client.name} is not installed ({client.install}); see docs/clients.md")
    results = run(client, command, tmp_path)["results"]
    assert {name: results[name] for name in client.results} == client.results


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_the_page_names_the_steps_that_are_tested(client: Client) -> None:
    (row,) = (line for line in PAGE.read_text().splitlines() if f"`{client.script}`" in line)
    assert set(client.results) <= set(row.replace("`", " ").replace(",", " ").split())
    assert client.install.split()[0].partition("==")[0].partition("[")[0] in row
