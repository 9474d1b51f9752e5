"""The samples of every page can be typed as they stand, in bash and in zsh: commands and options exist, no
comment becomes an argument, no bracket a pattern, and data can be read."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from antiphon.main import antiphon

ROOT = Path(__file__).parent.parent
PAGES = [
    page
    for page in (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")))
    if page.name != "CHANGELOG.md" and not page.name.startswith(("requirements-", "streams-"))
]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)
SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]


def blocks(page, language):
    return [text for name, text in FENCE.findall(page.read_text(encoding="utf-8")) if name == language]


def commands(page):
    """Each command line of a page, with its continued lines."""
    text = page.read_text(encoding="utf-8")
    indented = INDENTED.findall(FENCE.sub("", text))
    lines = "\n".join([*blocks(page, "sh"), *indented]).replace("\\\n", " ").splitlines()
    return [
        line.strip() for line in lines if line.strip().startswith(("antiphon ", "python3 -m pip", "pytest "))
    ]


def samples(page):
    return [*commands(page), *re.findall(r"`(antiphon [^`]+)`", page.read_text(encoding="utf-8"))]


def command_of(words):
    """The command that these words name, and the words that are left."""
    command = antiphon
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command, words = command.get_command(click.Context(antiphon), words[0]), words[1:]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_exists(page):
    for line in samples(page):
        words = shlex.split(line, comments=True)
        if words[0] != "antiphon":
            continue
        command, rest = command_of(words[1:])
        assert command is not None, line
        options = {word.partition("=")[0] for word in rest if word.startswith("--") and word != "--"}
        names = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        assert options <= names, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_line_can_be_pasted_into_any_shell(page):
    """An interactive zsh takes `#` for an argument, and a bare bracket or question mark for a pattern."""
    for line in commands(page):
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", line)
        assert re.search(r"(?<=\s)#|[\[\]*]|(?<!\$)\?", bare) is None, line
    inline = re.findall(r"`(pip install [^`]+)`", page.read_text(encoding="utf-8"))
    assert [line for line in inline if re.search(r"(?<!['\w./-])\w[\w./-]*\[", line)] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_every_script_is_one(shell):
    scripts = [script for page in PAGES for script in blocks(page, "sh")]
    result = subprocess.run(
        [shell, "-n"], input="\n".join(scripts), capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_every_sample_of_data_can_be_read():
    samples_of_data = [text for page in PAGES for text in blocks(page, "yaml")]
    assert all(isinstance(yaml.safe_load(text), dict | list) for text in samples_of_data)
    assert len(samples_of_data) > 10
