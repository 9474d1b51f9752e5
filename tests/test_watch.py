"""`antiphon check --watch-path`: files are looked at, and a change runs the check again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from antiphon.commands import watch
from antiphon.commands.watch import TooManyFilesError, changes, snapshot, wait_for_change, wait_for_server
from antiphon.main import run
from antiphon_conformance.http.address import read_address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files to watch, and with others."""
    for name in (
        "app.py",
        "api/routes.py",
        "api/__pycache__/routes.pyc",
        ".git/index",
        ".env",
        "report/a.html",
    ):
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a")
    return tmp_path / "src"


def at_each_pause(monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object]) -> None:
    """Does one step at each pause in place of waiting."""
    left: Iterator[Callable[[], object]] = iter(steps)
    monkeypatch.setattr(watch, "pause", lambda: next(left)())


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_snapshot_holds_the_files_of_a_user(folder: Path) -> None:
    names = {os.path.relpath(name, folder) for name in snapshot([folder], [folder / "report"])}
    assert names == {"app.py", "api/routes.py"}
    assert list(snapshot([folder / ".env", folder / "absent"])) == [str(folder / ".env")]


def test_what_is_added_changed_and_removed_are_changes(folder: Path) -> None:
    before = snapshot([folder])
    (folder / "app.py").write_text("longer")
    (folder / "api" / "routes.py").unlink()
    (folder / "new.py").touch()
    names = [os.path.relpath(name, folder) for name in changes(before, snapshot([folder]))]
    assert names == ["api/routes.py", "app.py", "new.py"]


def test_a_change_counts_once_the_files_stay_as_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = lambda: None  # noqa: E731 - a step
    first, second = (lambda text=text: (folder / "app.py").write_text(text) for text in ("an", "editor"))
    at_each_pause(monkeypatch, nothing, first, second, nothing)
    now = wait_for_change([folder], [], snapshot([folder]))
    assert now[str(folder / "app.py")][1] == len("editor")


def test_a_folder_with_too_many_files_is_not_watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST_FILES", 2)
    with pytest.raises(TooManyFilesError, match="at most 2 files"):
        snapshot([folder])


def test_a_server_that_does_not_start_is_waited_for_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[None] = []
    monkeypatch.setattr(watch, "pause", lambda: pauses.append(None))
    wait_for_server(read_address("http://127.0.0.1:1/v1"), 0.05)
    assert pauses
    wait_for_server(read_address("http+unix://%2Fno%2Fsuch.sock/v1"), 0.0)
    wait_for_server(read_address("https://example.invalid/v1"), 3600.0)  # not of this machine


@pytest.mark.responses_mock(dialect="openai")
def test_a_change_judges_again_until_the_user_interrupts(
    responses_mock, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change, nothing = (lambda: (folder / "app.py").write_text("longer")), (lambda: None)
    at_each_pause(monkeypatch, nothing, change, nothing, interrupt)
    options = ["--rule", "usage.total-is-the-sum", "--dialect", "openai", "--watch-path", str(folder)]
    assert run(["check", responses_mock.url, *options]) == 0
    output = capsys.readouterr()
    assert output.out.count("only a part was judged: conformant") == 2
    assert output.err.count("A change runs it again") == 2
    assert f"{folder / 'app.py'} changed" in output.err
