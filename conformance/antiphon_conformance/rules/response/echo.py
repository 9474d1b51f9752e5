"""A response reports the parameters of its request, with the values that were in force."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import as_double, equal_json, member, number, value_at
from antiphon_conformance.rules.reading.request import declares, is_sound
from antiphon_conformance.rules.reading.schema_faults import lacks_required
from antiphon_conformance.rules.response.members import OPEN, OPENAI
from antiphon_conformance.rules.rule import Finding, add, make, rule, rule_id
from antiphon_conformance.rules.views import ResponseObject, is_creation
from antiphon_spec.loading.construction import dataclass

REPLACED_BY_RECORDERS = frozenset({"previous_response_id", "prompt_cache_key", "safety_identifier"})
SHORTENED_BY_RECORDERS = frozenset({"instructions", "metadata", "model", "safety_identifier", "text"})


@dataclass(frozen=True, slots=True)
class Echo:
    """A parameter that a response repeats, and its sources. `path` leads into request and response."""

    path: tuple[str, ...]
    cites: tuple[str, ...]
    allows: Callable[[Any, Any], bool] = lambda _asked, _actual: False
    """Whether a server may report another value: (that of the request, that of the response)."""
    may_be_null: bool = False
    """Whether null says no more than that the server does not report it: no sentence demands the value."""
    always_there: bool = False
    """Whether its absence is a finding of this rule."""

    @property
    def name(self) -> str:
        return "_".join(self.path)


def _is_the_same_text(asked: Any, actual: Any) -> bool:
    """Whether instructions come back as messages, or shortened."""
    if isinstance(actual, list):
        return not isinstance(asked, str) or asked in "\n".join(_texts(actual))
    shortened = actual.rstrip(".\u2026") if isinstance(actual, str) else ""
    return isinstance(asked, str) and bool(shortened) and asked.startswith(shortened)


def _texts(messages: list[Any]) -> Iterator[str]:
    for message in messages:
        content = member(message, "content")
        parts = content if isinstance(content, list) else [{"text": content}]
        yield from (text for part in parts if isinstance(text := member(part, "text"), str))


def _is_rounded(asked: Any, actual: Any) -> bool:
    """Whether two numbers are equal in single precision, which some servers compute in."""
    left, right = number(asked), number(actual)
    return (
        left is not None
        and right is not None
        and math.isclose(as_double(left), as_double(right), rel_tol=1e-6)
    )


def _is_less(asked: Any, actual: Any) -> bool:
    """Whether a server reports a lower limit, because its model allows no more."""
    left, right = number(asked), number(actual)
    return left is not None and right is not None and 0 < right < left


def _is_withheld(asked: Any, actual: Any) -> bool:
    """Whether a server reports that it does not do what the request allows."""
    return asked is True and actual is False


def _has_more(asked: Any, actual: Any) -> bool:
    """Whether a server adds keys of its own to those of the request."""
    return isinstance(asked, dict) and _covers(asked, actual)


def _sources(name: str) -> tuple[str, str]:
    return (
        f"{OPEN}ResponseResource/properties/{name}@contract",
        f"{OPENAI}Response/properties/{name}@contract",
    )


ECHOES = (
    Echo(("model",), ("CG-RSP-06",)),
    Echo(("instructions",), ("RES-24", "RES-25", "CG-REQ-23"), _is_the_same_text),
    Echo(("previous_response_id",), ("RES-26",)),
    Echo(
        ("metadata",),
        (
            "RES-27",
            "BUD-REQ-20",
        ),
        _has_more,
    ),
    Echo(("parallel_tool_calls",), ("RES-33",), _is_withheld),
    Echo(("temperature",), ("RES-36",), _is_rounded),
    Echo(("top_p",), ("RES-36",), _is_rounded),
    Echo(
        ("presence_penalty",),
        (f"{OPEN}ResponseResource/properties/presence_penalty@contract",),
        _is_rounded,
    ),
    Echo(
        ("frequency_penalty",),
        (f"{OPEN}ResponseResource/properties/frequency_penalty@contract",),
        _is_rounded,
    ),
    Echo(
        ("top_logprobs",),
        _sources("top_logprobs"),
    ),
    Echo(("truncation",), _sources("truncation"), may_be_null=True),
    Echo(("store",), ("RES-43", "RES-56"), always_there=True),
    Echo(("background",), ("RES-43", f"{OPENAI}Response/properties/background@contract"), may_be_null=True),
    Echo(("max_output_tokens",), _sources("max_output_tokens"), _is_less, may_be_null=True),
    Echo(("max_tool_calls",), _sources("max_tool_calls"), _is_less, may_be_null=True),
    Echo(("safety_identifier",), _sources("safety_identifier"), may_be_null=True),
    Echo(("prompt_cache_key",), _sources("prompt_cache_key"), may_be_null=True),
    Echo(("reasoning", "effort"), _sources("reasoning"), may_be_null=True),
    Echo(("text", "verbosity"), _sources("text"), may_be_null=True),
    Echo(("text", "format", "type"), ("FMT-08",)),
    Echo(("text", "format", "name"), ("FMT-08",)),
    Echo(("text", "format", "strict"), ("FMT-08",)),
)


def is_as_recorded(response: ResponseObject, path: tuple[str, ...]) -> bool:
    """Whether no recorder has replaced or shortened this parameter; always true for live traffic."""
    lost = response.exchange.not_recorded
    has_other_value = Part.IDS in lost and path[0] in REPLACED_BY_RECORDERS
    return not has_other_value and not (Part.TEXTS in lost and path[0] in SHORTENED_BY_RECORDERS)


def _is_in_request(response: ResponseObject, path: tuple[str, ...]) -> bool:
    """Whether the request sends this parameter, the dialect knows it, and the recorder left it alone."""
    if not response.creation or member(response.request_fields, *path) is None or not is_sound(response):
        return False
    if path == ("previous_response_id",) and response.request_fields.get("conversation") is not None:
        return False  # the two exclude each other: nobody says which one the response then reports
    return is_as_recorded(response, path) and declares(response, path)


def _is_silent(response: ResponseObject, echo: Echo) -> bool:
    """Whether the response does not report this parameter, as its schema allows."""
    actual = value_at(response.object, *echo.path)
    return actual is ABSENT or (actual is None and echo.may_be_null)


def _is_reported(echo: Echo) -> Callable[[ResponseObject], bool]:
    """For `when=`: a response without the parameter contradicts nothing.

    Where the document requires the member, the rule on all members reports that it is missing.
    """

    first = echo.path[0]

    def applies(response: ResponseObject) -> bool:
        if response.request_fields.get(first) is None:  # as nearly always
            return False
        if not _is_in_request(response, echo.path) or lacks_required(response, first):
            return False
        return echo.always_there or not _is_silent(response, echo)

    return applies


def _register(echo: Echo) -> None:
    label = ".".join(echo.path)

    def check(response: ResponseObject) -> Iterator[Finding]:
        asked, actual = member(response.request_fields, *echo.path), value_at(response.object, *echo.path)
        if not equal_json(asked, actual) and not echo.allows(asked, actual):
            where = f"{response.where}/{'/'.join(echo.path)}"
            yield Finding(where, f"{show(asked)}, as in the request", show(actual))

    sentence = f"A response repeats `{label}` of its request with the same value."
    add(
        make(
            rule_id("echo", f"{echo.name}_comes_back"), sentence, ResponseObject, check,
            cites=echo.cites, when=_is_reported(echo), scope=is_creation,
            needs=f"an answer that reports `{label}` of its request",
        )
    )  # fmt: skip


for _echo in ECHOES:
    _register(_echo)


@rule(
    "echo.every-parameter-comes-back",
    ResponseObject,
    cites="RES-60",
    when=lambda response: any(_is_in_request(response, echo.path) for echo in ECHOES),
    needs="an answer to a request with a parameter that responses report",
)
def every_parameter_comes_back(response: ResponseObject) -> Iterator[Finding]:
    """A response has every parameter of its request.

    Most of them are optional in a response, so another server may leave them out.
    """
    for echo in ECHOES:
        is_ours = not echo.always_there and not lacks_required(response, echo.path[0])
        if is_ours and _is_in_request(response, echo.path) and _is_silent(response, echo):
            asked, actual = member(response.request_fields, *echo.path), value_at(response.object, *echo.path)
            where = f"{response.where}/{'/'.join(echo.path)}"
            yield Finding(where, f"{show(asked)}, as in the request", show(actual))


@rule(
    "echo.max-tokens-comes-back-as-max-output-tokens",
    ResponseObject,
    cites="BUD-REQ-19",
    when=lambda response: response.creation and response.request_fields.get("max_tokens") is not None,
    needs="an answer to a request with `max_tokens`",
)
def max_tokens_comes_back_as_max_output_tokens(response: ResponseObject) -> Iterator[Finding]:
    """A response that has `max_output_tokens` repeats `max_tokens`, its name in Chat, there."""
    asked = response.request_fields.get("max_output_tokens") or response.request_fields["max_tokens"]
    actual = response.object.get("max_output_tokens", ABSENT)
    if actual is not ABSENT and not equal_json(asked, actual):
        yield Finding(
            f"{response.where}/max_output_tokens", f"{show(asked)}, as in the request", show(actual)
        )


def _has_tool_choice(response: ResponseObject) -> bool:
    choice = response.request_fields.get("tool_choice")
    is_as_in_chat = isinstance(choice, dict) and "function" in choice
    if not response.creation or choice is None or is_as_in_chat or not is_sound(response):
        return False
    return not lacks_required(response, "tool_choice")


@rule(
    "echo.tool-choice-comes-back",
    ResponseObject,
    cites="RES-31",
    when=_has_tool_choice,
    needs="an answer to a request with `tool_choice`",
    reads={Part.TEXTS},
)
def tool_choice_comes_back(response: ResponseObject) -> Iterator[Finding]:
    """A response repeats `tool_choice` of its request; objects may have added defaults.

    A server that does not know `tool_choice` always reports `auto`.
    """
    asked, actual = response.request_fields["tool_choice"], response.object.get("tool_choice", ABSENT)
    if not _covers(asked, actual) and not _means_the_same(asked, actual):
        yield Finding(f"{response.where}/tool_choice", f"{show(asked)}, as in the request", show(actual))


def _means_the_same(asked: Any, actual: Any) -> bool:
    """Whether two choices differ in their form or in the order of the allowed tools only."""
    left, right = _choice(asked), _choice(actual)
    entries = member(left, "tools"), member(right, "tools")
    if isinstance(entries[0], list) and isinstance(entries[1], list):
        same_tools = all(any(_covers(tool, other) for other in entries[1]) for tool in entries[0])
        return (
            same_tools
            and len(entries[0]) == len(entries[1])
            and _covers({**left, "tools": None}, right | {"tools": None})
        )
    return _covers(left, right)


def _choice(value: Any) -> Any:
    """A choice as an object; `{"type": "auto"}` is `auto`."""
    return {"type": value} if isinstance(value, str) else value


def _covers(asked: Any, actual: Any) -> bool:
    """Whether `got` repeats `asked`: objects may have more members, and everything else is equal."""
    if isinstance(asked, dict):
        return isinstance(actual, dict) and all(_covers(asked[key], actual.get(key)) for key in asked)
    if isinstance(asked, list):
        return isinstance(actual, list) and len(asked) == len(actual) and all(map(_covers, asked, actual))
    return equal_json(asked, actual)
