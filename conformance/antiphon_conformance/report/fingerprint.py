"""A digest of the sources that made a report: between releases the version number does not change."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import antiphon_conformance
import antiphon_spec

SUFFIXES = frozenset({".py", ".yaml", ".html", ".css", ".js"})


@cache
def fingerprint() -> str:
    """The first 16 hex digits of the SHA-256 over the sources and data of the judge."""
    checksum = hashlib.sha256()
    for root in (Path(package.__path__[0]) for package in (antiphon_conformance, antiphon_spec)):
        for path in sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES):
            checksum.update(path.relative_to(root).as_posix().encode())
            checksum.update(path.read_bytes())
    return checksum.hexdigest()[:16]
