"""What is read from our data files is kept beside them, until a source changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from antiphon_spec.loading import preparation
from antiphon_spec.loading.preparation import prepared

Read = Callable[[], Any]


@pytest.fixture
def reads() -> list[str]:
    return []


@pytest.fixture
def read(tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a text file of two sources that are ours; `reads` tells how often they were really read."""
    monkeypatch.setattr(preparation, "OURS", frozenset({tmp_path.name}))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("a")
    second.write_text("b")

    def make() -> tuple[Any, list[Path]]:
        reads.append("read")
        return {"text": first.read_text() + second.read_text(), 7: None}, [first, second]

    return lambda: prepared(first, "text", make)


def test_a_file_is_read_once(read: Read, reads: list[str]) -> None:
    assert [read(), read()] == [{"text": "ab", 7: None}] * 2
    assert reads == ["read"]


def test_a_change_of_any_source_counts(read: Read, reads: list[str], tmp_path: Path) -> None:
    read()
    (tmp_path / "second.yaml").write_text("c")
    os.utime(tmp_path / "second.yaml", (1, 1))
    assert read()["text"] == "ac"
    (tmp_path / "second.yaml").write_text("longer")
    os.utime(tmp_path / "second.yaml", (1, 1))
    assert read()["text"] == "alonger"
    assert len(reads) == 3


def test_a_broken_file_is_made_anew(read: Read, reads: list[str], tmp_path: Path) -> None:
    read()
    (kept,) = (tmp_path / "__pycache__").iterdir()
    for content in (b"", b"nonsense", kept.read_bytes()[:-4]):
        kept.write_bytes(content)
        assert read()["text"] == "ab"
    assert len(reads) == 4


def test_nothing_is_written_where_python_writes_no_bytecode(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    read()
    assert not (tmp_path / "__pycache__").exists()


def test_files_of_others_have_none(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "OURS", frozenset({"antiphon_spec"}))
    read()
    assert not (tmp_path / "__pycache__").exists()
