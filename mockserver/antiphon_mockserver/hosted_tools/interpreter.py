"""The code interpreter: it computes, prints what it has computed, and writes files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b

from antiphon_mockserver.hosted_tools.calculator import Execution, ProgramError, program_of, run
from antiphon_mockserver.hosted_tools.pictures import Picture, data_url
from antiphon_mockserver.hosted_tools.work import HOME, Citation, Job, Work
from antiphon_mockserver.response.plan import Item, StoredText

FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
PLOT = re.compile(r"\b(?:plot|chart|graph|diagram)\b", re.IGNORECASE)
"""Prompts that want a picture of the result."""


def code_interpreter(job: Job) -> Work:
    """A program, run in a container: the one of the prompt, or one that computes what it asks for.

    The answer names each file that it wrote, with a citation of the name.
    """
    fence = FENCED.search(job.prompt)
    program = fence[1].strip() if fence else program_of(job.prompt, HOME)
    readable = {f"{HOME}/{text.filename}": text.text for text in job.context.stores.get(job.container, ())}
    try:
        result = run(program, readable)
    except ProgramError as problem:
        result = Execution(f"{problem}\n", {})
    outputs: list[Item] = [{"type": "logs", "logs": result.logs}]
    if PLOT.search(job.prompt):
        outputs.append({"type": "image", "url": data_url(Picture(job.prompt, (64, 64)))})
    item: Item = {
        "type": "code_interpreter_call",
        "code": program,
        "container_id": job.container,
        "outputs": outputs if job.includes("code_interpreter_call.outputs") else None,
    }
    files = tuple(_files(job.container, result.files))
    links = [f"[{file.filename}]({_address(file)})" for file in files]
    return Work(
        (item,),
        "code_interpreter",
        " ".join(filter(None, (result.logs.strip(), *links))) or "nothing printed",
        tuple(_citation(job.container, file) for file in files),
        job.container_with(*files),
    )


def _files(container: str, files: Mapping[str, str]) -> Iterator[StoredText]:
    """The files of the folder of a container; the id depends on the container and the name alone."""
    for path, text in files.items():
        folder, _, name = path.rpartition("/")
        if folder in ("", HOME) and name:
            digest = blake2b(f"{container}\0{name}".encode(errors="replace"), digest_size=24)
            yield StoredText(f"cfile_{digest.hexdigest()}", name, text)


def _address(file: StoredText) -> str:
    return f"sandbox:{HOME}/{file.filename}"


def _citation(container: str, file: StoredText) -> Citation:
    source = {"container_id": container, "file_id": file.id, "filename": file.filename}
    return Citation(_address(file), {"type": "container_file_citation", **source})
