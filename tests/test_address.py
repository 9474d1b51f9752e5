"""The base URL of a target, as people type it."""

from __future__ import annotations

import pytest

from antiphon_conformance.http.address import Address, AddressError, base_url, read_address, shown


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h", "http://h"),
        (" https://h:8000/v1/ ", "https://h:8000/v1"),
        ("http://h/v1/responses", "http://h/v1"),
        ("http://h/v1/responses/", "http://h/v1"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1"),
        ("https://h/openai/v1/responses/?api-version=1", "https://h/openai/v1?api-version=1"),
        ("my.server:app", "my.server:app"),
        ("my.server:app/", "my.server:app/"),
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
        ("http://h/v1#top", "without `#`"),
        ("http+unix://run/s.sock/v1", "%2F for each slash"),
    ],
)
def test_a_bad_base_url_is_rejected_with_a_reason(url: str, message: str) -> None:
    with pytest.raises(AddressError) as error:
        read_address(url)
    assert message in str(error.value)


def test_a_url_with_a_password_is_rejected_and_the_password_is_not_shown() -> None:
    with pytest.raises(AddressError) as error:
        base_url("http://me:hunter2@h/v1")
    assert "without credentials" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "address", "url"),
    [
        ("http://h/v1", Address("http://h/v1"), "http://h/v1/responses/r?stream=true"),
        (
            "http://h/v1?api-version=1",
            Address("http://h/v1", "api-version=1"),
            "http://h/v1/responses/r?stream=true&api-version=1",
        ),
        (
            "http+unix://%2Frun%2Fs.sock/v1",
            Address("http://localhost/v1", socket="/run/s.sock"),
            "http://localhost/v1/responses/r?stream=true",
        ),
        (
            "my.server:app",
            Address("http://asgi/v1", application="my.server:app"),
            "http://asgi/v1/responses/r?stream=true",
        ),
        (
            "server:app/",
            Address("http://asgi", application="server:app"),
            "http://asgi/responses/r?stream=true",
        ),
    ],
)
def test_an_address_says_where_the_server_is(text: str, address: Address, url: str) -> None:
    assert read_address(text) == address
    assert address.url("/responses/r?stream=true") == url


def test_the_secrets_of_a_query_are_known_and_not_shown() -> None:
    url = "http://h/v1?api-version=1&code=a%2Fb&access_token=hunter2"
    assert read_address(url).secrets == ("a%2Fb", "hunter2", "a/b")
    assert shown(url) == "http://h/v1?api-version=1&code=REDACTED&access_token=REDACTED"
