"""Wrong values in `input`."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constraints import having, kinds, one_of, text
from antiphon_conformance.requests.invalid.request import HELLO, LONG, NAME, NO_SUCH_TYPE, invalid_request

MESSAGES = "input[type=message]"


def _message(**members: Any) -> dict[str, Any]:
    return {"input": [HELLO, {"type": "message", **members}]}


def _part(role: str, **part: Any) -> dict[str, Any]:
    return _message(role=role, content=[part])


def _item(**members: Any) -> dict[str, Any]:
    return {"input": [HELLO, members]}


INPUT = (
    invalid_request(
        "an_input_that_is_no_string_and_no_list",
        "REQ-04 BUD-REQ-24 CG-REQ-03",
        "an `input` that is neither a string nor an array",
        "input",
        kinds("a string or an array", str, list, type(None)),
        {"input": 5},
    ),
    invalid_request(
        "an_unknown_role",
        "REQ-07",
        "a message whose `role` is none of the four roles",
        f"{MESSAGES}.role",
        one_of("user", "assistant", "system", "developer"),
        _message(role="robot", content="Hi."),
    ),
    invalid_request(
        "a_message_without_type",
        "REQ-08 CG-REQ-05",
        "a message without `type`",
        "input[role=user|assistant|system|developer]",
        having("type"),
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi."}]}]},
    ),
    invalid_request(
        "a_message_without_content",
        "REQ-08 CG-REQ-05",
        "a message without `role` or `content`",
        MESSAGES,
        having("role", "content"),
        _message(role="user"),
    ),
    invalid_request(
        "content_of_another_type",
        "REQ-10 CG-REQ-07",
        "message `content` that is neither a string nor an array",
        f"{MESSAGES}.content",
        kinds("a string or an array", str, list, type(None)),
        _message(role="user", content=7),
    ),
    invalid_request(
        "a_wrong_part_in_a_user_message",
        "REQ-11",
        "a user message with parts other than text, image and file",
        "input[role=user].content[].type",
        one_of("input_text", "input_image", "input_file"),
        _part("user", type="output_text", text="Hi."),
    ),
    invalid_request(
        "a_wrong_part_in_a_system_message",
        "REQ-12",
        "a system or developer message with parts other than text",
        "input[role=system|developer].content[].type",
        one_of("input_text"),
        _part("developer", type="input_image", image_url="https://example.com/a.png"),
    ),
    invalid_request(
        "a_wrong_part_in_an_assistant_message",
        "REQ-13",
        "an assistant message with parts that are not output",
        "input[role=assistant].content[].type",
        one_of("output_text", "refusal"),
        _part("assistant", type="input_text", text="Hi."),
    ),
    invalid_request(
        "a_text_part_without_text",
        "REQ-14 CG-REQ-07",
        "a text part without `text`",
        f"{MESSAGES}.content[type=input_text|output_text]",
        having("text"),
        _part("user", type="input_text"),
    ),
    invalid_request(
        "a_refusal_part_without_refusal",
        "REQ-14",
        "a refusal part without `refusal`",
        f"{MESSAGES}.content[type=refusal]",
        having("refusal"),
        _part("assistant", type="refusal"),
    ),
    invalid_request(
        "an_unknown_image_detail",
        "REQ-15",
        "an image `detail` other than low, high, auto",
        f"{MESSAGES}.content[type=input_image].detail",
        one_of("low", "high", "auto"),
        _part("user", type="input_image", image_url="https://example.com/a.png", detail="microscopic"),
    ),
    invalid_request(
        "a_file_name_that_is_no_string",
        "REQ-16",
        "a file's name, URL or data that is not a string",
        f"{MESSAGES}.content[type=input_file].filename",
        text(),
        _part("user", type="input_file", filename=5),
    ),
    invalid_request(
        "an_image_detail_outside_the_enum",
        "REQ-17",
        "an image `detail` outside its enum",
        f"{MESSAGES}.content[type=input_image].detail",
        one_of("low", "high", "auto", "original"),
        _part("user", type="input_image", image_url="https://example.com/a.png", detail="microscopic"),
    ),
    invalid_request(
        "a_call_without_arguments",
        "REQ-18",
        "a `function_call` without call_id, name or arguments",
        "input[type=function_call]",
        having("call_id", "name", "arguments"),
        _item(type="function_call", call_id="call_1", name="look_up"),
    ),
    invalid_request(
        "a_call_with_an_invalid_name",
        "REQ-18",
        "a `function_call` with an invalid or too long name",
        "input[type=function_call].name",
        text(1, 64, NAME),
        _item(type="function_call", call_id="call_1", name="look up", arguments="{}"),
    ),
    invalid_request(
        "a_call_id_that_is_too_long",
        "REQ-18 REQ-19",
        "a `call_id` of more than 64 characters",
        "input[type=function_call|function_call_output].call_id",
        text(0, 64),
        _item(type="function_call", call_id=LONG, name="look_up", arguments="{}"),
    ),
    invalid_request(
        "a_tool_output_without_output",
        "REQ-19",
        "a `function_call_output` without call_id or output",
        "input[type=function_call_output]",
        having("call_id", "output"),
        _item(type="function_call_output", call_id="call_1"),
    ),
    invalid_request(
        "an_empty_call_id",
        "REQ-19 REQ-20",
        "an empty `call_id`",
        "input[type=function_call|function_call_output].call_id",
        text(1),
        _item(type="function_call_output", call_id="", output="42"),
    ),
    invalid_request(
        "a_reasoning_item_without_summary",
        "REQ-21",
        "a `reasoning` item without a `summary` array",
        "input[type=reasoning]",
        having("summary"),
        _item(type="reasoning", id="rs_1"),
    ),
    invalid_request(
        "a_compaction_item_without_content",
        "REQ-23",
        "a `compaction` item without `encrypted_content`",
        "input[type=compaction]",
        having("encrypted_content"),
        _item(type="compaction"),
    ),
    invalid_request(
        "a_reference_without_id",
        "REQ-24",
        "an `item_reference` without `id`",
        "input[type=item_reference]",
        having("id"),
        _item(type="item_reference"),
    ),
    invalid_request(
        "an_unknown_kind_of_item",
        "REQ-26",
        "an input item of an unknown, unprefixed `type`",
        "input[].type",
        NO_SUCH_TYPE,
        _item(type="unknown_kind", text="Hi."),
    ),
    invalid_request(
        "an_unknown_phase",
        "REQ-27",
        "a `phase` other than commentary and final_answer",
        f"{MESSAGES}.phase",
        one_of("commentary", "final_answer"),
        _message(role="assistant", content="Hi.", phase="overture"),
    ),
)
