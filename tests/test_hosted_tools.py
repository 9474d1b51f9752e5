"""Hosted tools of the mock: what each call shows, what it finds, and the turn after the client's output."""

from __future__ import annotations

import struct
from base64 import b64decode
from typing import Any
from zlib import decompress

import pytest

from antiphon_mockserver.hosted_tools.calculator import ProgramError, program_of, run
from hosted_flows import DOCS, FLOWS, INTERPRETER, LATE, OPENAI, SCREEN, exchange, objections
from mock_client import Client

Json = dict[str, Any]


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


def body_of(name: str, **members: Any) -> Json:
    prompt, request, _ = FLOWS[name]
    return {"input": prompt, **request, **members}


def create(client: Client, **body: Any) -> Json:
    reply = client.post("/responses", {"model": "gpt-5", **body})
    assert reply.status == 200, reply.raw
    return dict(reply.json)


def text_of(response: Json) -> str:
    (message,) = [item for item in response["output"] if item["type"] == "message"]
    return str(message["content"][0]["text"])


def item_of(response: Json, kind: str) -> Json:
    (item,) = [item for item in response["output"] if item["type"] == kind]
    return dict(item)


@pytest.mark.parametrize("name", FLOWS)
def test_a_hosted_tool_answers_rightly_in_one_piece_and_as_a_stream(client: Client, name: str) -> None:
    whole, stream = (exchange(client, body_of(name, stream=streamed)) for streamed in (False, True))
    for answer in (whole, stream):
        assert [item["type"] for item in answer.response["output"]] == FLOWS[name][2]
    assert objections(whole, stream) == {}
    machine = OPENAI.grammar.machine()
    assert stream.answer.stream is not None
    for event in stream.answer.stream.events:
        validator = OPENAI.schemas.event(event.type)
        if validator is not None:
            assert (event.type, validator.faults(event.data)) == (event.type, [])
        assert machine.feed(event.data) == []
    assert machine.end() == []


def test_a_search_of_the_web_cites_pages_inside_the_text(client: Client) -> None:
    response = create(client, **body_of("web"))
    (message,) = [item for item in response["output"] if item["type"] == "message"]
    (part,) = message["content"]
    assert part["annotations"]
    for citation in part["annotations"]:
        assert citation["url"] in part["text"][citation["start_index"] : citation["end_index"]]
    action = item_of(response, "web_search_call")["action"]
    assert action["queries"] == [action["query"]] == ["the tides"]
    assert [source["url"] for source in action["sources"]] == [note["url"] for note in part["annotations"]]
    without = create(client, **body_of("web", include=[]))
    assert "sources" not in item_of(without, "web_search_call")["action"]


def test_a_search_of_the_web_keeps_to_the_allowed_domains(client: Client) -> None:
    tool = {"type": "web_search", "filters": {"allowed_domains": ["kitchen.example"]}}
    assert "kitchen.example" in text_of(create(client, input="Search the web for the moon.", tools=[tool]))


def test_a_search_of_files_cites_a_file(client: Client) -> None:
    response = create(client, **body_of("files"))
    (message,) = [item for item in response["output"] if item["type"] == "message"]
    (citation,) = message["content"][0]["annotations"]
    assert (citation["type"], citation["filename"]) == ("file_citation", "handbook.md")
    assert citation["index"] == len(message["content"][0]["text"])
    results = item_of(response, "file_search_call")["results"]
    assert results[0]["file_id"] == citation["file_id"]
    assert item_of(create(client, **body_of("files", include=[])), "file_search_call")["results"] is None


def test_the_interpreter_computes(client: Client) -> None:
    assert text_of(create(client, **body_of("code"))).endswith("84")
    call = item_of(create(client, **body_of("plot")), "code_interpreter_call")
    logs, image = call["outputs"]
    assert logs == {"type": "logs", "logs": "1024\n"}
    assert image["url"].startswith("data:image/png;base64,")
    assert item_of(create(client, **body_of("code")), "code_interpreter_call")["outputs"] is None


@pytest.mark.parametrize(
    ("program", "output"),
    [
        ("x = 6\ny = 7\nprint(x * y)", "42\n"),
        ("import math\nprint(math.sqrt(144), max([1, 5, 3]))", "12.0 5\n"),
        ("print(sum(range(1, 101)))", "5050\n"),
        ("2 + 2", "4\n"),
        ("print('a' + 'b')", "ab\n"),
        ("with open('a', 'w') as out:\n    out.write('x')\nprint(open('a').read())", "x\n"),
    ],
)
def test_the_calculator_runs_arithmetic(program: str, output: str) -> None:
    assert run(program).logs == output


@pytest.mark.parametrize(
    "program",
    [
        "1 / 0", "2 ** 10 ** 10", "9 ** 999 ** 1", "open('/etc/passwd')", "().__class__", "while 1: pass",
        "print(", "sum(range(100000000))", "[0] * 10000000", "'a' * 10000000", "x", "__import__('os')",
        "math.factorial(1000)", "print(open('a').read())", "with open('a') as f: pass",
        "with open('a', 'w') as f: f.close()", "(lambda: 1)()", "+".join("1" * 5000), "(" * 500, "sorted(1)",
        "-'a'",
    ],
)  # fmt: skip
def test_the_calculator_runs_nothing_else(program: str) -> None:
    with pytest.raises(ProgramError):
        run(program)


@pytest.mark.parametrize(
    ("prompt", "program"),
    [
        ("What is 12 plus 30?", "print(12 + 30)"),
        ("Please compute (1 + 2) * 3.", "print((1 + 2) * 3)"),
        ("The square root of 144", "import math\nprint(math.sqrt(144))"),
        ("On 2026-11-30 say 1", "print('On 2026-11-30 say 1')"),
        ("Say hello", "print('Say hello')"),
        ("Save 'Hi' as a.txt", "with open('/d/a.txt', 'w') as file:\n    file.write('Hi')"),
    ],
)
def test_a_prompt_becomes_a_program(prompt: str, program: str) -> None:
    assert program_of(prompt, "/d").replace('"', "'") == program


def png_size(base64: str) -> tuple[int, int]:
    """Width and height of a PNG whose points can be unpacked."""
    content = b64decode(base64)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    start = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[start - 4 : start])
    assert len(decompress(content[start + 4 : start + 4 + length])) == height * (1 + (width + 3) // 4)
    return width, height


def test_a_picture_is_real_and_grows_in_the_stream(client: Client) -> None:
    stream = exchange(client, body_of("picture", stream=True)).answer.stream
    assert stream is not None
    partial = [event.data for event in stream.events if event.type.endswith("partial_image")]
    (item,) = [item for item in stream.events[-1].data["response"]["output"] if item["type"] != "message"]
    assert [event["partial_image_index"] for event in partial] == [0, 1]
    pictures = [*(event["partial_image_b64"] for event in partial), item["result"]]
    assert len(set(pictures)) == 3
    assert {png_size(picture) for picture in pictures} == {(64, 48)}
    assert (item["size"], item["background"], item["output_format"]) == ("64x48", "opaque", "png")


def test_hosted_tools_come_back_with_what_holds_for_them(client: Client) -> None:
    tools = [
        {"type": "image_generation", "partial_images": 1},
        {**DOCS, "headers": {"x-key": "secret"}, "authorization": "secret"},
        {"type": "shell", "environment": {"type": "container_auto"}},
    ]
    picture, server, shell = create(client, input="Hi", tools=tools)["tools"]
    assert picture == {"type": "image_generation", "background": "auto", "moderation": "auto", "n": 1,
                       "output_compression": 100, "output_format": "png", "quality": "auto",
                       "size": "auto"}  # fmt: skip
    assert server["headers"] == {"x-key": "<redacted>"}
    assert (server["authorization"], server["require_approval"]) == ("<redacted>", "always")
    assert shell["environment"]["type"] == "container_reference"


def test_a_forced_choice_comes_back_as_it_was_sent(client: Client) -> None:
    choice = {"type": "image_generation"}
    response = create(client, input="A boat.", tools=[{"type": "image_generation"}], tool_choice=choice)
    assert response["tool_choice"] == choice
    assert response["output"][0]["type"] == "image_generation_call"


AFTERWARDS: list[tuple[str, Json, str]] = [
    ("shell", {"type": "shell_call_output", "output": [
        {"stdout": "a.txt\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
        {"stdout": "", "stderr": "no\n", "outcome": {"type": "exit", "exit_code": 2}}]},
     "The result of shell is: a.txt\nno (exit code 2)"),
    ("local shell", {"type": "local_shell_call_output", "id": "lsh_1", "output": "a.txt"},
     "The result of local_shell is: a.txt"),
    ("patch", {"type": "apply_patch_call_output", "status": "failed", "output": "no such file"},
     "The result of apply_patch is: no such file"),
    ("patch", {"type": "apply_patch_call_output", "status": "completed"},
     "The result of apply_patch is: completed"),
    ("screen", {"type": "computer_call_output", "output": {"type": "computer_screenshot",
                "image_url": "data:image/png;base64,AAAA"}}, "The result of computer is: a screenshot"),
    ("tool search", {"type": "function_call_output", "output": "18 degrees"},
     "The result of get_weather is: 18 degrees"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "output", "text"), AFTERWARDS)
def test_the_output_of_the_client_is_read(client: Client, name: str, output: Json, text: str) -> None:
    first = create(client, **body_of(name))
    output = {"call_id": first["output"][-1]["call_id"], **output}
    body = {"input": [output], "tools": FLOWS[name][1]["tools"], "previous_response_id": first["id"]}
    after = exchange(client, body)
    assert text_of(dict(after.response)) == text
    assert objections(after) == {}
    history = [{"role": "user", "content": FLOWS[name][0]}, *first["output"], output]
    assert text_of(create(client, input=history, tools=FLOWS[name][1]["tools"], store=False)) == text


def answer_approval(client: Client, approve: bool, **members: Any) -> Json:
    first = create(client, **body_of("approval"))
    question = item_of(first, "mcp_approval_request")
    answer = {"type": "mcp_approval_response", "approval_request_id": question["id"], "approve": approve}
    body = {"input": [{**answer, **members}], "tools": [DOCS], "previous_response_id": first["id"]}
    after = exchange(client, body)
    assert objections(after) == {}
    return {"question": question, **after.response}


def test_an_approved_call_is_made(client: Client) -> None:
    response = answer_approval(client, True)
    assert [item["type"] for item in response["output"]] == ["mcp_call", "message"]
    call = item_of(response, "mcp_call")
    assert call["approval_request_id"] == response["question"]["id"]
    assert call["arguments"] == response["question"]["arguments"] == '{"query":"whales"}'
    assert "blue whale" in text_of(response)


def test_a_call_that_is_not_approved_is_not_made(client: Client) -> None:
    response = answer_approval(client, False, reason="too deep")
    assert [item["type"] for item in response["output"]] == ["message"]
    assert "was not approved (too deep)" in text_of(response)


def test_only_the_tools_that_need_approval_ask_for_it(client: Client) -> None:
    choice = {"always": {"tool_names": ["fetch"]}, "never": {"tool_names": ["search"]}}
    tool = {**DOCS, "require_approval": choice}
    response = create(client, input="Search for whales.", tools=[tool])
    assert [item["type"] for item in response["output"]] == ["mcp_list_tools", "mcp_call", "message"]


def test_a_failing_tool_of_a_server_fails_its_call_alone(client: Client) -> None:
    response = create(client, **body_of("failing server"))
    call = item_of(response, "mcp_call")
    assert (call["status"], call["output"], response["status"]) == ("failed", None, "completed")
    assert call["error"]["type"] == "mcp_tool_execution_error"


def test_the_tools_that_the_client_found_are_called(client: Client) -> None:
    first = create(client, **body_of("client search"))
    call = item_of(first, "tool_search_call")
    assert call["arguments"] == {"goal": "Paris"}
    found = {"type": "tool_search_output", "execution": "client", "call_id": call["call_id"],
             "tools": [{**LATE, "defer_loading": True}]}  # fmt: skip
    body = {"input": [found], "tools": FLOWS["client search"][1]["tools"]}
    after = exchange(client, {**body, "previous_response_id": first["id"]})
    assert [item["type"] for item in after.response["output"]] == ["function_call"]
    assert objections(after) == {}


def test_a_program_waits_for_the_client_and_ends(client: Client) -> None:
    first = create(client, **body_of("program"))
    program, call = first["output"]
    assert call["caller"] == {"type": "program", "caller_id": program["call_id"]}
    assert (call["status"], first["status"]) == ("in_progress", "completed")
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "18 degrees"}
    body = {"input": [output], "tools": FLOWS["program"][1]["tools"]}
    after = exchange(client, {**body, "previous_response_id": first["id"], "stream": True})
    end, message = after.response["output"]
    assert (end["call_id"], end["result"]) == (program["call_id"], "18 degrees")
    assert "18 degrees" in message["content"][0]["text"]
    assert objections(after) == {}


def test_without_need_no_hosted_tool_is_called(client: Client) -> None:
    tools = [{"type": "web_search"}, INTERPRETER, {"type": "image_generation"}, SCREEN, {"type": "shell"}]
    for prompt in ("Say hello.", "What is my name?", "Tell me a story of a lighthouse."):
        response = create(client, input=prompt, tools=tools)
        assert [item["type"] for item in response["output"]] == ["message"]


def test_a_response_counts_what_its_tools_used() -> None:
    client = Client(dialect="openai")
    tools = [{"type": "web_search"}, {"type": "image_generation", "size": "1024x1024"}]
    asked = {"model": "gpt-5", "tools": tools, "input": "Search the web for otters."}
    events = client.post("/responses", {**asked, "stream": True}).events
    first, last = events[0]["response"]["tool_usage"], events[-1]["response"]["tool_usage"]
    assert (first["web_search"], last["web_search"]) == ({"num_requests": 0}, {"num_requests": 1})
    drawn = client.post("/responses", {**asked, "input": "Draw an otter."}).json["tool_usage"]["image_gen"]
    assert drawn["output_tokens"] == drawn["output_tokens_details"]["image_tokens"] == 272
    assert drawn["total_tokens"] == drawn["input_tokens"] + 272
    assert "tool_usage" not in client.create("Say hello.").json
