"""Finds out which rules a client truly needs: drives it against the mock server with each mutant in turn.

A client needs the rule that reports a mutant when some task of its user ends differently with that mutant
than with the right server. `python tests/clients/derive.py [PACKAGE/REGISTRY...]` writes the rows of these
clients, or of all, into spec/antiphon_spec/clients/clients.yaml; `--check` repeats the listed runs and prints
what changed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from antiphon_conformance.rules.rule import rules_for
from antiphon_mockserver import ResponsesMock
from antiphon_mockserver.mutants import all_mutants
from antiphon_spec.clients import CLIENTS, Client, load_clients
from antiphon_spec.dialect import load
from antiphon_spec.profile import load_profile

HERE = Path(__file__).parent
AT_A_TIME = 20
Results = Sequence[Mapping[str, Any]]
HEAD = "# Written by tests/clients/derive.py: which rules a client needs, found by running it.\n"
HOW = "driven against the mock with every mutant by tests/clients/derive.py; `breaks` says where it broke"


@dataclass(frozen=True, slots=True)
class Subject:
    """A client that we can run here."""

    name: str
    package: str
    registry: str
    dialects: tuple[str, ...]
    drive: Callable[[Sequence[str]], Results]
    version: Callable[[], str]
    world: str | None = None


def in_process(module: str) -> Callable[[Sequence[str]], Results]:
    """A driver in Python, imported when it is needed."""

    def drive(urls: Sequence[str]) -> Results:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(pool.map(import_module(module).drive, urls))

    return drive


class Node:
    """The driver in JavaScript, with its package installed in a folder of its own."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="antiphon-node-"))
            (self._folder / "package.json").write_text('{"private": true, "type": "module"}')
            command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error", "openai"]
            subprocess.run(command, cwd=self._folder, check=True, capture_output=True, timeout=120)
            (self._folder / "drive.mjs").write_text((HERE / "openai_node.mjs").read_text())
        return self._folder

    def drive(self, urls: Sequence[str]) -> Results:
        run = subprocess.run(
            ["node", "drive.mjs"],
            cwd=self.folder(),
            input=json.dumps(list(urls)),
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
        output: Results = json.loads(run.stdout)
        return output

    def version(self) -> str:
        package = json.loads((self.folder() / "node_modules" / "openai" / "package.json").read_text())
        return str(package["version"])


NODE = Node()
RESPONSES = ("openai", "openresponses")
SUBJECTS = (
    Subject(
        "OpenAI SDK for Python",
        "openai",
        "PyPI",
        RESPONSES,
        in_process("openai_python"),
        lambda: version("openai"),
    ),
    Subject("OpenAI SDK for JavaScript", "openai", "npm", RESPONSES, NODE.drive, NODE.version),
    Subject(
        "Cloudglue SDK for Python",
        "cloudglue",
        "PyPI",
        ("cloudglue",),
        in_process("cloudglue_python"),
        lambda: version("cloudglue"),
        "cooking",
    ),
)


def results(subject: Subject, dialect: str, mutants: Sequence[str | None]) -> Iterator[Mapping[str, Any]]:
    """The results of the client's tasks with each of these mutants; None is the right server."""
    for start in range(0, len(mutants), AT_A_TIME):
        with ExitStack() as running:
            options: dict[str, Any] = {"dialect": dialect} | (
                {"world": subject.world} if subject.world else {}
            )
            mocks = (
                ResponsesMock(**options, mutants=[mutant] if mutant else [])
                for mutant in mutants[start : start + AT_A_TIME]
            )
            yield from subject.drive([running.enter_context(mock).url for mock in mocks])


def breaks(subject: Subject, dialect: str, mutants: Sequence[str]) -> dict[str, str]:
    """Mutant -> where the client broke, and how."""
    right, *results_of_mutants = results(subject, dialect, [None, *mutants])
    broken_tasks = [
        name for name, result in right.items() if isinstance(result, str) and result.startswith("raises")
    ]
    causes: dict[str, str] = {}
    for mutant, result in zip(mutants, results_of_mutants, strict=True):
        different = [name for name in right if name not in broken_tasks and result[name] != right[name]]
        if different:
            first = result[different[0]]
            how = first if isinstance(first, str) and first.startswith("raises") else "gets something else"
            causes[mutant] = f"{different[0]} {how}"
    return causes


def candidates(dialect: str) -> dict[str, str]:
    """Mutant -> the first rule that it names, if that rule applies in the dialect and the default profile
    judges it. The others are traits of the vendor: a client broke at such a mutant only because the mock
    server then refuses the id that it gave (the prefix of a response's id, one id for both)."""
    catalogue = rules_for(load(dialect), load_profile())
    return {
        key: entry.caught_by[0] for key, entry in all_mutants().items() if entry.caught_by[0] in catalogue
    }


def derive(subject: Subject) -> dict[str, Any]:
    """The row of a client."""
    rules: dict[str, dict[str, dict[str, str]]] = {}
    for dialect in subject.dialects:
        rules_by_mutant = candidates(dialect)
        mutants_by_rule = rules.setdefault(dialect, {})
        for mutant, how in breaks(subject, dialect, sorted(rules_by_mutant)).items():
            mutants_by_rule.setdefault(rules_by_mutant[mutant], {})[mutant] = how
    return {
        "name": subject.name,
        "package": subject.package,
        "registry": subject.registry,
        "version": subject.version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "how": HOW,
        "breaks": {
            dialect: dict(sorted(mutants_by_rule.items())) for dialect, mutants_by_rule in rules.items()
        },
    }


def unconfirmed(client: Client, subject: Subject, most: int | None = None) -> list[str]:
    """The mutants that are listed for a client and no longer break it; `most` looks at so many of each
    dialect."""
    stale: list[str] = []
    for dialect, rules in client.breaks.items():
        names = sorted(mutant for mutants in rules.values() for mutant in mutants)[:most]
        breakages = breaks(subject, dialect, names)
        stale += [f"{dialect}: {mutant}" for mutant in names if mutant not in breakages]
    return stale


def main(arguments: Sequence[str]) -> int:
    """Writes the file, or checks it."""
    if "--check" in arguments:
        by_name = {subject.name: subject for subject in SUBJECTS}
        stale = [
            f"{client.name}: {line}"
            for client in load_clients()
            for line in unconfirmed(client, by_name[client.name])
        ]
        print("\n".join(stale) or "every client breaks where the file says")
        return int(bool(stale))
    subjects = [
        subject
        for subject in SUBJECTS
        if not arguments or f"{subject.package}/{subject.registry}" in arguments
    ]
    rows_by_name = {
        row["name"]: row for row in (yaml.safe_load(CLIENTS.read_text()) if CLIENTS.exists() else [])
    }
    for subject in subjects:
        rows_by_name[subject.name] = derive(subject)
        rows = [rows_by_name[subject.name] for subject in SUBJECTS if subject.name in rows_by_name]
        CLIENTS.write_text(HEAD + yaml.safe_dump(rows, sort_keys=False, width=110), encoding="utf-8")
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # clients warn of values that they did not expect
    sys.exit(main(sys.argv[1:]))
