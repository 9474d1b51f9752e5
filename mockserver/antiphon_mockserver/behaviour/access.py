"""Who may ask, for which model, and whether the body is a JSON object.

Every model exists whose name a client sends, except names that look invalid: `gpt-5.2` and `my-model` exist;
`no-such-model` and `invalid-model` do not. In the same way the server accepts every key except `wrong-key`,
`sk-invalid` and the like. `--model` and `--api-key` list the only ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import orjson

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.reading import parse
from antiphon_spec.dialect import Dialect

INVALID_NAME = re.compile(
    r"(^|[^a-z0-9])(unknown|invalid|missing|fake|bogus|wrong|incorrect|expired|revoked|non-?existent|no-such|not-a|"
    r"not-found|not-exist|does-?not-?exist|doesnt-exist)([^a-z0-9]|$)"
)


LONGEST_NAME = 1_000
"""Characters of a model's name."""


def is_served(name: str, models: Collection[str]) -> bool:
    """Whether a model of this name exists; when `models` is empty, any name that does not look invalid."""
    if models:
        return name in models
    return len(name) <= LONGEST_NAME and bool(name.strip()) and not looks_invalid(name)


@lru_cache(maxsize=256)
def looks_invalid(name: str) -> bool:
    """Whether a name says by itself that it is invalid, such as `no-such-model`."""
    return INVALID_NAME.search(name.lower().replace("_", "-").replace(" ", "-")) is not None


CHALLENGE = {"www-authenticate": "Bearer"}
"""The header that a 401 must carry (RFC 9110, 11.6.1)."""
UTF_8 = {"utf-8", "utf8", "us-ascii", ""}


def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
    """Returns the bearer key of a request.

    It must be one of `keys`; when there are none, any key that does not look invalid. Rejects others (401).
    """
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    key = key.strip()
    if not scheme:
        hint = "" if keys else " This server accepts any key."
        message = f"No API key was given; send one as 'Authorization: Bearer KEY'.{hint}"
        raise ApiError(message, status=401, headers=CHALLENGE)
    if scheme.lower() != "bearer" or not key or " " in key:
        message = "The Authorization header is malformed; it has to read 'Authorization: Bearer KEY'."
        raise ApiError(message, status=401, headers=CHALLENGE)
    if key not in keys if keys else looks_invalid(key):
        raise ApiError(
            "The API key is not a valid one.", status=401, code="invalid_api_key", headers=CHALLENGE
        )
    return key


def read_body(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
    """Returns the JSON object in a request's body.

    Rejects another media type or charset with 415, and what is not a JSON object of usual size with 400.
    """
    reject_other_media(headers)
    try:
        body = parse(raw)
    except orjson.JSONDecodeError as problem:
        message = "The request has no body." if not raw else f"The body is not valid JSON: {problem}."
        raise invalid(message, code="invalid_json") from None
    if not isinstance(body, dict):
        raise invalid("The body has to be a JSON object.", code="invalid_type")
    return body


def reject_other_media(headers: Mapping[str, str]) -> None:
    """Rejects a body that is not JSON in UTF-8, with 415."""
    content_type = headers.get("content-type", "")
    if content_type == "application/json":
        return
    media, _, parameters = content_type.lower().partition(";")
    if media.strip() != "application/json":
        message = f"The content type '{media.strip()}' is not supported; send 'application/json'."
        raise ApiError(message, status=415, code="unsupported_content_type")
    name, _, charset = parameters.strip().partition("=")
    if name == "charset" and charset.strip('" ') not in UTF_8:
        raise ApiError("JSON is only accepted in UTF-8.", status=415, code="unsupported_content_type")


def body_limit(limit: int, dialect: Dialect) -> int:
    """Returns how many bytes a body may have: the smaller of the limits of the settings and the dialect."""
    return min(limit, dialect.mock.body_limit or limit)
