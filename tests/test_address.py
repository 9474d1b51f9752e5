"""The base URL of a target, as people type it."""

from __future__ import annotations

import pytest

from antiphon_conformance.http.address import AddressError, base_url


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h", "http://h"),
        (" https://h:8000/v1/ ", "https://h:8000/v1"),
        ("http://h/v1/responses", "http://h/v1"),
        ("http://h/v1/responses/", "http://h/v1"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1"),
    ],
)
def test_a_base_url_ends_where_responses_begins(url: str, base: str) -> None:
    assert base_url(url) == base


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "expected a URL that starts with http"),
        ("h:8000/v1", "expected a URL that starts with http"),
        ("ftp://h", "expected a URL that starts with http"),
        ("http://", "and a host"),
        ("http:///v1", "and a host"),
        ("http://h:99999", "cannot be read"),
        ("http://[::1", "cannot be read"),
        ("http://h/v1?api-version=1", "without `?`"),
        ("http://h/v1#top", "without `?`"),
    ],
)
def test_a_bad_base_url_is_rejected_with_a_reason(url: str, message: str) -> None:
    with pytest.raises(AddressError) as error:
        base_url(url)
    assert message in str(error.value)


def test_a_url_with_a_password_is_rejected_and_the_password_is_not_shown() -> None:
    with pytest.raises(AddressError) as error:
        base_url("http://me:hunter2@h/v1")
    assert "without credentials" in str(error.value)
    assert "hunter2" not in str(error.value)
