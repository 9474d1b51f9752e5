"""A key that a target sends back is hidden in every notation."""

from __future__ import annotations

import pytest

from antiphon_conformance.http.redaction import Redaction

KEY = "sk-a/b+4711"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id": "sk-a/b+4711"}',
        rb'{"id": "sk-a\/b+4711"}',
        rb'{"id": "\u0073k-a/b\u002B4711"}',
        rb'{"id": "\u0073\u006b\u002d\u0061\u002f\u0062\u002b\u0034\u0037\u0031\u0031"}',
    ],
)
def test_a_key_is_found_in_the_escapes_of_json(raw: bytes) -> None:
    assert Redaction([KEY]).raw(raw) == b'{"id": "REDACTED"}'


@pytest.mark.parametrize("raw", [b"sk-a.b+4711", rb"\u0073k-a/b+471", b""])
def test_text_that_only_resembles_a_key_is_kept(raw: bytes) -> None:
    assert Redaction([KEY]).raw(raw) == raw
