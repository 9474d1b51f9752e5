"""The code interpreter: it computes, and prints what it has computed."""

from __future__ import annotations

import re

from antiphon_mockserver.hosted_tools.calculator import ProgramError, program_of, run
from antiphon_mockserver.hosted_tools.pictures import Picture, data_url
from antiphon_mockserver.hosted_tools.work import Job, Work
from antiphon_mockserver.response.plan import Item

FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
PLOT = re.compile(r"\b(?:plot|chart|graph|diagram)\b", re.IGNORECASE)
"""Prompts that want a picture of the result."""


def code_interpreter(job: Job) -> Work:
    """A program, run in a container: the one of the prompt, or one that computes what it asks for."""
    fence = FENCED.search(job.prompt)
    program = fence[1].strip() if fence else program_of(job.prompt)
    try:
        logs = run(program)
    except ProgramError as problem:
        logs = f"{problem}\n"
    outputs: list[Item] = [{"type": "logs", "logs": logs}]
    if PLOT.search(job.prompt):
        outputs.append({"type": "image", "url": data_url(Picture(job.prompt, (64, 64)))})
    item: Item = {
        "type": "code_interpreter_call",
        "code": program,
        "container_id": job.container,
        "outputs": outputs if job.includes("code_interpreter_call.outputs") else None,
    }
    return Work((item,), "code_interpreter", logs.strip() or "nothing printed")
