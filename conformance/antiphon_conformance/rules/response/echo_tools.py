"""A response reports the tools of its request, whole and in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.reading.output import member, objects
from antiphon_conformance.rules.reading.request import has_only_named_tools, is_sound, tools_of
from antiphon_conformance.rules.response.members import OPENAI
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ResponseObject

Tool = Mapping[str, Any]


def _has_simple_tools(response: ResponseObject) -> bool:
    """Whether the request has only function and custom tools; tool search and deferred tools reorder them."""
    if not response.creation or not isinstance(response.object.get("tools"), list):
        return False
    is_simple = has_only_named_tools(response) and not any(
        tool.get("defer_loading") for tool in tools_of(response)
    )
    return is_simple and is_sound(response)


def _names(tools: Iterator[Tool]) -> list[tuple[Any, Any]]:
    return [(tool.get("type", ABSENT), tool.get("name", ABSENT)) for tool in tools]


@rule(
    "echo-tools.tools-come-back",
    ResponseObject,
    cites="RES-28",
    when=_has_simple_tools,
    needs="an answer to a request with function or custom tools",
    reads={Part.TEXTS},
)
def tools_come_back(response: ResponseObject) -> Iterator[Finding]:
    """Every function and custom tool of the request comes back in `tools`.

    A server that drops a tool answers as if the request had none, and the client does not notice.
    """
    actual = _names(tool for _, tool in objects(response.object.get("tools")))
    for name in _names(iter(tools_of(response))):
        if name not in actual:
            yield Finding(
                f"{response.where}/tools", f"the {name[0]} tool {show(name[1])}", named("tools", actual)
            )


@rule(
    "echo-tools.no-tool-comes-back-twice",
    ResponseObject,
    cites="RES-28",
    when=_has_simple_tools,
    needs="an answer to a request with function or custom tools",
    reads={Part.TEXTS},
)
def no_tool_comes_back_twice(response: ResponseObject) -> Iterator[Finding]:
    """Each function and custom tool comes back as often as the request has it.

    A server that adds the tools of earlier turns offers the model the same tool several times.
    """
    actual = _names(tool for _, tool in objects(response.object.get("tools")))
    names = _names(iter(tools_of(response)))
    for name in dict.fromkeys(names):
        if actual.count(name) > names.count(name):
            count = "once" if names.count(name) == 1 else f"{names.count(name)} times"
            expected = f"the {name[0]} tool {show(name[1])} {count}"
            yield Finding(f"{response.where}/tools", expected, named("tools", actual))


@rule(
    "echo-tools.the-grammar-of-a-custom-tool-comes-back",
    ResponseObject,
    cites="TOOL-49",
    when=lambda response: _has_simple_tools(response) and any(_grammars(tools_of(response))),
    needs="an answer to a request whose custom tool has a grammar",
    reads={Part.TEXTS},
)
def the_grammar_of_a_custom_tool_comes_back(response: ResponseObject) -> Iterator[Finding]:
    """The grammar of a custom tool comes back in its `format`.

    Where it is gone, nothing holds the model to it.
    """
    tools = [tool for _, tool in objects(response.object.get("tools")) if isinstance(tool.get("name"), str)]
    actual, echoes = dict(_grammars(tools)), {tool["name"] for tool in tools}
    for name, definition in _grammars(tools_of(response)):
        if name in echoes and actual.get(name) != definition:
            expected = f"the grammar {show(definition)} of {name}"
            yield Finding(f"{response.where}/tools", expected, show(actual.get(name, ABSENT)))


def _grammars(tools: Iterable[Tool]) -> Iterator[tuple[Any, Any]]:
    """(name, definition) of the tools that have a grammar."""
    for tool in tools:
        if member(tool, "format", "type") == "grammar":
            yield tool.get("name"), member(tool, "format", "definition")


def _pairs(response: ResponseObject) -> Sequence[tuple[str, Tool, Tool]]:
    """(place, tool of the request, tool of the response) for each function tool that comes back.

    Of two functions of one name nobody can say which of both came back.
    """
    return response.exchange.facts.once(("pairs of tools", response.where), _find_pairs, response)


def _find_pairs(response: ResponseObject) -> Sequence[tuple[str, Tool, Tool]]:
    return tuple(_each_pair(response))


def _each_pair(response: ResponseObject) -> Iterator[tuple[str, Tool, Tool]]:
    names = [tool.get("name") for tool in tools_of(response)]
    for index, actual in objects(response.object.get("tools")):
        for asked in tools_of(response):
            if names.count(asked.get("name")) > 1:
                continue
            if asked.get("type") == actual.get("type") == "function" and asked.get("name") == actual.get(
                "name"
            ):
                yield f"{response.where}/tools/{index}", asked, actual


def _offers_functions(response: ResponseObject) -> bool:
    return _has_simple_tools(response) and bool(_pairs(response))


def _parameter_names(tool: Tool) -> list[str]:
    properties = member(tool, "parameters", "properties")
    return list(properties) if isinstance(properties, dict) else []


@rule(
    "echo-tools.function-tools-keep-their-meaning",
    ResponseObject,
    cites="RES-28",
    when=_offers_functions,
    needs="an answer to a request with function tools",
    reads={Part.TEXTS},
)
def function_tools_keep_their_meaning(response: ResponseObject) -> Iterator[Finding]:
    """A function tool comes back with the description and the parameters of the request."""
    for where, asked, actual in _pairs(response):
        if not _is_the_same_description(asked.get("description"), actual.get("description")):
            expected = show(asked.get("description", ABSENT))
            yield Finding(f"{where}/description", expected, show(actual.get("description", ABSENT)))
        names = _parameter_names(actual)
        if any(name not in names for name in _parameter_names(asked)):
            expected = f"the parameters {show(_parameter_names(asked))}"
            yield Finding(f"{where}/parameters/properties", expected, named("names", names))


def _is_the_same_description(asked: Any, actual: Any) -> bool:
    """Whether a description came back; the white space around it, and the end of a long one, may be gone."""
    if not isinstance(asked, str) or not isinstance(actual, str):
        return (asked or None) == (actual or None)
    shortened = actual.strip().rstrip(".\u2026")
    return asked.strip().startswith(shortened) and (bool(shortened) or not asked.strip(" .\u2026"))


def _has_strict(response: ResponseObject) -> bool:
    return _has_simple_tools(response) and any(
        isinstance(asked.get("strict"), bool) for _, asked, _ in _pairs(response)
    )


@rule(
    "echo-tools.strict-comes-back",
    ResponseObject,
    cites=("RES-29", f"{OPENAI}FunctionTool/properties/strict@contract"),
    when=_has_strict,
    needs="an answer to a request whose function tool has `strict`",
    reads={Part.TEXTS},
)
def strict_comes_back(response: ResponseObject) -> Iterator[Finding]:
    """`strict` of a function tool comes back with the same value."""
    for where, asked, actual in _pairs(response):
        if isinstance(asked.get("strict"), bool) and actual.get("strict") is not asked["strict"]:
            yield Finding(f"{where}/strict", show(asked["strict"]), show(actual.get("strict", ABSENT)))


def _lacks_strict(response: ResponseObject) -> bool:
    return _has_simple_tools(response) and any(
        asked.get("strict") is None for _, asked, _ in _pairs(response)
    )


@rule(
    "echo-tools.omitted-strict-comes-back-as-a-boolean",
    ResponseObject,
    cites="RES-30",
    when=_lacks_strict,
    needs="an answer to a request whose function tool has no `strict`",
    reads={Part.TEXTS},
)
def omitted_strict_comes_back_as_a_boolean(response: ResponseObject) -> Iterator[Finding]:
    """A function tool without `strict` comes back with the value that was in force."""
    for where, asked, actual in _pairs(response):
        if asked.get("strict") is None and not isinstance(actual.get("strict"), bool):
            yield Finding(f"{where}/strict", "true or false", show(actual.get("strict", ABSENT)))


def _has_allowed_tools(response: ResponseObject) -> bool:
    return (
        _has_simple_tools(response)
        and member(response.request_fields.get("tool_choice"), "type") == "allowed_tools"
    )


@rule(
    "echo-tools.allowed-tools-leave-the-list-alone",
    ResponseObject,
    cites="TOOL-07",
    when=_has_allowed_tools,
    needs="an answer to a request with `allowed_tools`",
    reads={Part.TEXTS},
)
def allowed_tools_leave_the_list_alone(response: ResponseObject) -> Iterator[Finding]:
    """`tools` comes back whole when `tool_choice` is of the type `allowed_tools`."""
    asked = _names(iter(tools_of(response)))
    actual = _names(tool for _, tool in objects(response.object.get("tools")))
    if any(name not in actual for name in asked):
        yield Finding(f"{response.where}/tools", f"the tools {show(asked)}", named("tools", actual))
