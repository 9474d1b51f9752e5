"""Calls that work on a machine: commands of a shell, patches, screenshots.

The client carries them out, except for the commands of a container, whose shell is played here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.hosted_tools.searches import texts_of
from antiphon_mockserver.hosted_tools.work import HOME, Job, Work
from antiphon_mockserver.model.shell import RUN
from antiphon_mockserver.response.plan import Item
from antiphon_spec.loading.late import late_pattern

USUAL_COMMAND = "ls"
CONTAINERS = frozenset({"container_auto", "container_reference"})
"""The environments in which the server itself runs the commands."""
QUOTED = late_pattern(r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)")


def _quotations(text: str) -> list[str]:
    return [next(group for group in match.groups() if group) for match in QUOTED.finditer(text)]


def _command(prompt: str) -> str:
    """The command that a prompt orders, else its quoted words, else `ls`."""
    if order := RUN.search(prompt):
        return next(group for group in order.groups() if group).strip()
    return next(iter(_quotations(prompt)), USUAL_COMMAND)


def local_shell(job: Job) -> Work:
    """A command for the client's shell, word by word."""
    action: Item = {
        "type": "exec",
        "command": _split(_command(job.prompt)),
        "env": {},
        "timeout_ms": None,
        "working_directory": None,
    }
    return Work(({"type": "local_shell_call", "action": action, "call_id": None},))


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command) or [USUAL_COMMAND]
    except ValueError:
        return ["bash", "-lc", command]


def shell(job: Job) -> Work:
    """A command for a shell. In a container it runs at once; otherwise the client runs it."""
    command = _command(job.prompt)
    action = {"commands": [command], "max_output_length": None, "timeout_ms": None}
    call: Item = {"type": "shell_call", "action": action, "call_id": None}
    environment = job.tool.get("environment") or {}
    if environment.get("type") not in CONTAINERS:
        local = {"type": "local"} if environment else None
        return Work(({**call, "environment": local},))
    texts = {text.filename: text.text for text in texts_of(job)}
    stdout, stderr, code = play(command, texts)
    output: Item = {
        "type": "shell_call_output",
        "call_id": None,
        "max_output_length": None,
        "output": [{"stdout": stdout, "stderr": stderr, "outcome": {"type": "exit", "exit_code": code}}],
    }
    call["environment"] = {"type": "container_reference", "container_id": job.container}
    text = (stdout or stderr).strip() or "nothing printed"
    return Work((call, output), "shell", text, container=job.container_with())


def play(command: str, texts: Mapping[str, str]) -> tuple[str, str, int]:
    """What a command prints to stdout and stderr, and its exit code; `texts` are the files by name."""
    name, *arguments = _split(command)
    if name == "echo":
        return f"{' '.join(arguments)}\n", "", 0
    if name == "pwd":
        return f"{HOME}\n", "", 0
    if name == "ls":
        return "".join(f"{text}\n" for text in sorted(texts)), "", 0
    if name == "cat" and len(arguments) == 1:
        text = texts.get(arguments[0].removeprefix(f"{HOME}/"))
        if text is None:
            return "", f"cat: {arguments[0]}: No such file or directory\n", 1
        return f"{text}\n", "", 0
    return "", f"sh: 1: {name}: not found\n", 127


FILE = late_pattern(r"[\w./-]*\w\.[A-Za-z]\w{0,9}\b")
DELETE = late_pattern(r"\b(?:delete|remove)\b", re.IGNORECASE)
UPDATE = late_pattern(r"\b(?:update|edit|change|fix|replace|rename|patch|modify)\b", re.IGNORECASE)
USUAL_FILE = "note.txt"


def apply_patch(job: Job) -> Work:
    """A change of the client's files, as V4A diff: a new file, other lines in one, or no file any more.

    Of two quoted texts the second one takes the place of the first.
    """
    prompt = job.prompt
    name = FILE.search(prompt)
    path = name[0] if name else USUAL_FILE
    texts = [text for text in _quotations(prompt) if text != path]
    operation: dict[str, Any] = {"type": "create_file", "path": path}
    if DELETE.search(prompt) and len(texts) < 2:
        operation["type"] = "delete_file"
    elif UPDATE.search(prompt) and len(texts) > 1:
        operation |= {"type": "update_file", "diff": f"@@\n-{texts[0]}\n+{texts[1]}\n"}
    else:
        content = texts[0] if texts else prompt.strip().partition("\n")[0][:200]
        operation["diff"] = f"+{content}\n"
    return Work(({"type": "apply_patch_call", "call_id": None, "operation": operation},))


def computer(job: Job) -> Work:
    """A screenshot of the client's screen; the newer tool gets a list of actions."""
    action = {"type": "screenshot"}
    moves: Item = {"actions": [action]} if job.tool["type"] == "computer" else {"action": action}
    return Work(({"type": "computer_call", **moves, "call_id": None, "pending_safety_checks": []},))
