"""Wrong creates in a dialect whose answers draw on a library, and its stricter messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.requests.constraints import (
    Legal,
    each,
    having,
    integer,
    kinds,
    one_of,
    text,
)
from antiphon_conformance.requests.invalid.request import FUNCTION, HELLO, invalid_request, omission

ANSWERING, ENTITY_BACKED = "general_question_answering", "entity_backed_knowledge"
REASONING = "nimbus-002-preview"
"""The model that accepts entities as knowledge."""
MESSAGES = "input[type=message]"
CONFIG = "knowledge_base.entity_backed_knowledge_config"
LONGEST_DESCRIPTION = 2000
MOST_TOKENS = 128_000
TEXT = {"type": "input_text", "text": "Hello."}

FILLED = Legal("an array of at least one", lambda value: isinstance(value, list) and bool(value))
NOT_EMPTY = Legal("a string that is not empty", lambda value: value != "")
WHOLE_FUNCTION = Legal(
    "a function with name and parameters",
    lambda tool: "function" in tool or (tool.get("name") is not None and "parameters" in tool),
)
"""Another row is about nested functions."""
FLAT_FUNCTION = Legal(
    "a function that is not nested",
    lambda tool: not isinstance(tool, Mapping) or "name" in tool or "function" not in tool,
)
SEARCHES_SOMETHING = Legal(
    "an object with collections",
    lambda base: (
        not isinstance(base, Mapping)
        or base.get("collections") is not None
        or base.get("source") not in (None, "collections")
        or base.get("type") == ENTITY_BACKED
    ),
)
"""Entities can replace collections; other rows say what else they need."""


def _message(**members: Any) -> dict[str, Any]:
    return {"input": [HELLO, {"type": "message", "role": "user", "content": [TEXT]} | members]}


def _part(**part: Any) -> dict[str, Any]:
    return _message(content=[part])


def _tool(**members: Any) -> dict[str, Any]:
    return {"tools": [FUNCTION | members]}


def _base(**members: Any) -> dict[str, Any]:
    return {"knowledge_base": members}


def _entities(**config: Any) -> dict[str, Any]:
    base = {"type": ENTITY_BACKED, "collections": ["{collection}"], "entity_backed_knowledge_config": config}
    return {"model": REASONING, "knowledge_base": base}


KNOWLEDGE = (
    omission("a_create_without_model", "CG-REQ-01", "model"),
    invalid_request("an_empty_model", "CG-REQ-01", "an empty `model`", "model", NOT_EMPTY, {"model": ""}),
    omission("a_create_without_input", "CG-REQ-03", "input"),
    invalid_request(
        "input_that_is_no_message",
        "CG-REQ-03",
        "an `input` with an element that is not an object",
        "input[]",
        kinds("an object", dict),
        {"input": [HELLO, "Hello."]},
    ),
    invalid_request(
        "items_other_than_messages",
        "CG-REQ-05",
        "an input item that is not a message",
        "input[].type",
        one_of("message"),
        _message(type="reasoning"),
    ),
    invalid_request(
        "a_role_other_than_three",
        "CG-REQ-06",
        "a message whose role is none of developer, user, assistant",
        f"{MESSAGES}.role",
        one_of("developer", "user", "assistant"),
        _message(role="system"),
    ),
    invalid_request(
        "a_part_without_type",
        "CG-REQ-07",
        "a part without `type`",
        f"{MESSAGES}.content[]",
        having("type"),
        _part(text="Hello."),
    ),
    invalid_request(
        "a_part_other_than_input_text",
        "CG-REQ-07 CG-REQ-08",
        "a part other than `input_text`",
        f"{MESSAGES}.content[].type",
        one_of("input_text"),
        _message(role="assistant", content=[TEXT | {"type": "output_text"}]),
    ),
    invalid_request(
        "a_part_text_that_is_no_string",
        "CG-REQ-07",
        "a part whose `text` is not a string",
        f"{MESSAGES}.content[type=input_text].text",
        text(),
        _part(type="input_text", text=5),
    ),
    invalid_request(
        "content_without_parts",
        "CG-REQ-12",
        "a message with a string as `content`",
        f"{MESSAGES}.content",
        Legal("an array of parts", lambda value: not isinstance(value, str)),
        _message(content="Hello."),
    ),
    invalid_request(
        "instructions_that_are_no_string",
        "CG-REQ-10 BUD-REQ-10 BUD-REQ-24",
        "`instructions` that are not a string",
        "instructions",
        text(),
        {"instructions": ["Be brief."]},
    ),
    omission("a_create_without_knowledge", "CG-REQ-13", "knowledge_base"),
    invalid_request(
        "an_include_other_than_descriptions",
        "CG-REQ-14",
        "an `include` with an unknown value",
        "include",
        each(("cloudglue_citations.media_descriptions",)),
        {"include": ["everything"]},
    ),
    invalid_request(
        "output_tokens_out_of_range",
        "CG-REQ-18",
        "`max_output_tokens` outside 1 to 128000",
        "max_output_tokens",
        integer(1, MOST_TOKENS),
        {"max_output_tokens": 0, "stream": True},
    ),
    invalid_request(
        "a_tool_other_than_functions",
        "CG-REQ-19",
        "a tool that is not a function",
        "tools[].type",
        one_of("function"),
        _tool(type="web_search"),
    ),
    invalid_request(
        "a_function_without_parameters",
        "CG-REQ-19",
        "a function tool without `name` or `parameters`",
        "tools[type=function]",
        WHOLE_FUNCTION,
        {"tools": [{"type": "function", "name": "look_up"}]},
    ),
    invalid_request(
        "a_function_with_an_empty_name",
        "CG-REQ-19",
        "a function tool with an empty `name`",
        "tools[type=function].name",
        NOT_EMPTY,
        _tool(name=""),
    ),
    invalid_request(
        "parameters_that_are_no_object",
        "CG-REQ-19",
        "a function tool whose `parameters` are not an object",
        "tools[type=function].parameters",
        kinds("an object", dict),
        _tool(parameters="none"),
    ),
    invalid_request(
        "a_nested_function",
        "CG-REQ-20",
        "a function tool that is nested as in Chat Completions",
        "tools[]",
        FLAT_FUNCTION,
        {"tools": [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]},
    ),
    invalid_request(
        "an_unknown_source",
        "CG-KB-02",
        "a `source` of knowledge other than collections, files, default",
        "knowledge_base.source",
        one_of("collections", "files", "default"),
        _base(source="everything", collections=["{collection}"]),
    ),
    invalid_request(
        "knowledge_without_collections",
        "CG-KB-03",
        "a `knowledge_base` of collections, without `collections`",
        "knowledge_base",
        SEARCHES_SOMETHING,
        _base(type=ANSWERING),
    ),
    invalid_request(
        "an_empty_list_of_collections",
        "CG-KB-03",
        "an empty list of `collections`",
        "knowledge_base.collections",
        FILLED,
        _base(collections=[]),
    ),
    invalid_request(
        "a_collection_that_is_no_string",
        "CG-KB-03",
        "a collection whose id is not a string",
        "knowledge_base.collections[]",
        kinds("a string", str),
        _base(collections=[5]),
    ),
    invalid_request(
        "missing_files",
        "CG-KB-05",
        "the source files without `files`",
        "knowledge_base{source=files}",
        having("files"),
        _base(source="files"),
    ),
    invalid_request(
        "an_empty_list_of_files",
        "CG-KB-05",
        "an empty list of `files`",
        "knowledge_base{source=files}.files",
        FILLED,
        _base(source="files", files=[]),
    ),
    invalid_request(
        "a_file_that_is_no_string",
        "CG-KB-05",
        "an entry of `files` that is not a string",
        "knowledge_base{source=files}.files[]",
        kinds("a string", str),
        _base(source="files", files=[5]),
    ),
    invalid_request(
        "an_unknown_type_of_knowledge",
        "CG-KB-08",
        "a `type` of knowledge other than the two",
        "knowledge_base.type",
        one_of(ANSWERING, ENTITY_BACKED),
        _base(type="magic", collections=["{collection}"]),
    ),
    invalid_request(
        "entities_without_config",
        "CG-KB-10",
        "entity-backed knowledge without its configuration",
        f"knowledge_base{{type={ENTITY_BACKED}}}",
        having("entity_backed_knowledge_config"),
        {"model": REASONING, **_base(type=ENTITY_BACKED, collections=["{collection}"])},
    ),
    invalid_request(
        "missing_entity_collections",
        "CG-KB-12",
        "a configuration of entities without `entity_collections`",
        CONFIG,
        having("entity_collections"),
        _entities(description="Recipes."),
    ),
    invalid_request(
        "an_empty_list_of_entity_collections",
        "CG-KB-12",
        "an empty list of `entity_collections`",
        f"{CONFIG}.entity_collections",
        FILLED,
        _entities(entity_collections=[]),
    ),
    invalid_request(
        "an_entity_collection_without_id",
        "CG-KB-13",
        "an entity collection without `collection_id`",
        f"{CONFIG}.entity_collections[]",
        having("collection_id"),
        _entities(entity_collections=[{"name": "recipes"}]),
    ),
    invalid_request(
        "a_long_description",
        "CG-KB-15",
        "an entity `description` of more than 2000 characters",
        f"{CONFIG}.description",
        text(0, LONGEST_DESCRIPTION),
        _entities(
            entity_collections=[{"collection_id": "{entities}"}],
            description="x" * (LONGEST_DESCRIPTION + 1),
        ),
    ),
)
