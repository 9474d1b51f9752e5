"""Which sources made a report: a version number says too little while rules are being added."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import antiphon_conformance
import antiphon_spec

SUFFIXES = frozenset({".py", ".yaml", ".html", ".css", ".js"})


@cache
def fingerprint() -> str:
    """A digest of the judge and of what it judges by."""
    found = hashlib.sha256()
    for root in (Path(package.__path__[0]) for package in (antiphon_conformance, antiphon_spec)):
        for path in sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES):
            found.update(path.relative_to(root).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
