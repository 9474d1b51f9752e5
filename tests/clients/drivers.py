"""Ways to drive a client: in this process, by Node.js, or in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
AT_A_TIME = 20
Results = Sequence[Mapping[str, Any]]


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


class Apart:
    """A driver in an environment of its own, below the folder that `ANTIPHON_CLIENTS` names."""

    def __init__(self, name: str, script: str, package: str) -> None:
        self.script, self.package = script, package
        self.home = Path(os.environ.get("ANTIPHON_CLIENTS", "no-such-folder"), name)

    @property
    def interpreter(self) -> Path:
        return self.home / "venv" / "bin" / "python"

    @property
    def manifest(self) -> Path:
        return self.home / "node_modules" / self.package / "package.json"

    def is_here(self) -> bool:
        return (self.manifest if self.script.endswith(".mjs") else self.interpreter).exists()

    def drive(self, urls: Sequence[str]) -> Results:
        command = [str(self.interpreter), str(HERE / self.script)]
        if self.script.endswith(".mjs"):
            command = ["node", str(shutil.copy(HERE / self.script, self.home))]
        run = subprocess.run(
            command, input=json.dumps(list(urls)), capture_output=True, text=True, timeout=600, check=True
        )
        output: Results = json.loads(run.stdout.strip().splitlines()[-1])
        return output

    def version(self) -> str:
        if self.script.endswith(".mjs"):
            return str(json.loads(self.manifest.read_text())["version"])
        say = f"from importlib.metadata import version; print(version({self.package!r}))"
        command = [str(self.interpreter), "-c", say]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
