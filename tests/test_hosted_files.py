"""Files, vector stores and containers, by the official Python SDK: what hosted tools and the model read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from antiphon_mockserver import ResponsesMock
from mock_client import AUTHORIZED, Client, Reply

openai = pytest.importorskip("openai", reason="the SDK tests need the `openai` package: pip install openai")

MODEL = "gpt-5"
RULES = ("rules.md", b"Badgers sleep at noon. Owls sleep at dawn.")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        ResponsesMock(dialect="openai") as mock,
        openai.OpenAI(base_url=mock.url, api_key="sk-antiphon-tests", max_retries=0, timeout=10) as sdk,
    ):
        yield sdk


@pytest.fixture
def file(client: Any) -> Any:
    return client.files.create(file=RULES, purpose="assistants")


def test_a_file_is_uploaded_listed_read_and_deleted(client: Any, file: Any) -> None:
    assert (file.filename, file.bytes, file.purpose) == ("rules.md", len(RULES[1]), "assistants")
    assert client.files.retrieve(file.id) == file
    assert file.id in [entry.id for entry in client.files.list(purpose="assistants", limit=100)]
    assert client.files.list(purpose="batch").data == []
    assert client.files.content(file.id).read() == RULES[1]
    assert client.files.delete(file.id).deleted is True
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


def test_a_binary_file_comes_back_byte_for_byte(client: Any) -> None:
    content = bytes(range(256)) + b"\r\n--x\r\n"
    file = client.files.create(file=("all.bin", content), purpose="user_data")
    assert client.files.content(file.id).read() == content


def test_a_search_finds_an_uploaded_file(client: Any, file: Any) -> None:
    store = client.vector_stores.create(name="Rules")
    member = client.vector_stores.files.create_and_poll(
        file.id, vector_store_id=store.id, attributes={"year": 2026}
    )
    assert (member.status, member.attributes) == ("completed", {"year": 2026})
    assert client.vector_stores.retrieve(store.id).file_counts.completed == 1
    (page,) = client.vector_stores.search(store.id, query="When do owls sleep?")
    assert (page.file_id, page.filename) == (file.id, "rules.md")
    tool = {"type": "file_search", "vector_store_ids": [store.id]}
    include = ["file_search_call.results"]
    question = {"model": MODEL, "input": "Search the files for owls.", "include": include}
    response = client.responses.create(tools=[tool], **question)
    assert "Owls sleep at dawn." in response.output_text
    (result,) = response.output[0].results
    assert (result.file_id, result.attributes) == (file.id, {"year": 2026})
    (citation,) = response.output[1].content[0].annotations
    assert citation.file_id == file.id
    strict = {**tool, "filters": {"type": "lt", "key": "year", "value": 2026}}
    assert client.responses.create(tools=[strict], **question).output[0].results == []


def test_a_file_leaves_a_vector_store_and_stays(client: Any, file: Any) -> None:
    store = client.vector_stores.create(file_ids=[file.id], metadata={"a": "b"})
    assert client.vector_stores.update(store.id, name="New").name == "New"
    assert [entry.id for entry in client.vector_stores.files.list(store.id)] == [file.id]
    assert client.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted is True
    assert client.vector_stores.files.list(store.id).data == []
    assert client.files.retrieve(file.id).id == file.id
    assert store.id in [entry.id for entry in client.vector_stores.list()]
    assert client.vector_stores.delete(store.id).deleted is True
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve(store.id)


def test_a_deleted_file_leaves_every_vector_store(client: Any, file: Any) -> None:
    store = client.vector_stores.create(file_ids=[file.id])
    client.files.delete(file.id)
    assert client.vector_stores.files.list(store.id).data == []
    assert client.vector_stores.retrieve(store.id).file_counts.total == 0
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.retrieve(file.id, vector_store_id=store.id)


def test_a_shell_reads_the_files_of_its_container(client: Any, file: Any) -> None:
    container = client.containers.create(name="work", file_ids=[file.id])
    note = client.containers.files.create(container.id, file=("note.txt", b"Feed the badgers."))
    assert note.path == "/mnt/data/note.txt"
    assert client.containers.files.content.retrieve(note.id, container_id=container.id).read()
    assert len(client.containers.files.list(container.id).data) == 2
    environment = {"type": "container_reference", "container_id": container.id}
    response = client.responses.create(
        model=MODEL, input="Run the command `cat note.txt`.",
        tools=[{"type": "shell", "environment": environment}],
    )  # fmt: skip
    assert "Feed the badgers." in response.output_text
    client.containers.files.delete(note.id, container_id=container.id)
    client.containers.delete(container.id)
    with pytest.raises(openai.NotFoundError):
        client.containers.retrieve(container.id)


def test_a_file_in_a_message_reaches_the_model(client: Any, file: Any) -> None:
    part = {"type": "input_file", "file_id": file.id}
    text = {"type": "input_text", "text": "What does it say?"}
    response = client.responses.create(model=MODEL, input=[{"role": "user", "content": [part, text]}])
    assert "Badgers sleep at noon." in response.output_text
    assert "rules.md" in response.output_text


def test_another_key_sees_nothing(client: Any, file: Any) -> None:
    other = client.with_options(api_key="sk-of-somebody-else")
    with pytest.raises(openai.NotFoundError):
        other.files.retrieve(file.id)


def upload(client: Client, *fields: str, boundary: str = "x") -> Reply:
    head = f"--{boundary}\r\nContent-Disposition: form-data; "
    parts = "".join(f"{head}{field}\r\n" for field in fields)
    headers = {**AUTHORIZED, "content-type": f"multipart/form-data; boundary={boundary}"}
    return client.send("POST", "/files", f"{parts}--{boundary}--\r\n".encode(), headers)


FILE = 'name="file"; filename="a.txt"\r\n\r\nHello'
PURPOSE = 'name="purpose"\r\n\r\nassistants'


@pytest.mark.parametrize(
    ("fields", "param"), [([FILE], "purpose"), ([PURPOSE], "file"), ([], "file"), (["?", "="], "file")]
)
def test_a_form_that_lacks_a_field_is_rejected(fields: list[str], param: str) -> None:
    reply = upload(Client(), *fields)
    assert (reply.status, reply.error["param"]) == (400, param)


def test_a_body_that_is_no_form_is_rejected() -> None:
    assert Client().post("/files", {"file": "a"}).status == 400


def test_the_boundary_of_a_form_changes_no_id() -> None:
    first, second = (upload(Client(), FILE, PURPOSE, boundary=boundary) for boundary in ("one", "two"))
    assert first.json == second.json
    assert first.json["bytes"] == len("Hello")


def test_a_batch_attaches_files_to_a_store_and_a_file_is_read_and_described_there(
    client: Any, file: Any
) -> None:
    store = client.vector_stores.create(name="Batches")
    own = {"file_id": file.id, "attributes": {"year": 2026}}
    batch = client.vector_stores.file_batches.create_and_poll(store.id, files=[own])
    assert (batch.status, batch.file_counts.completed, batch.vector_store_id) == ("completed", 1, store.id)
    (member,) = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)
    assert (member.id, member.attributes) == (file.id, {"year": 2026})
    uploaded = [("a.md", b"Otters swim."), ("b.md", b"Wrens sing.")]
    more = client.vector_stores.file_batches.upload_and_poll(store.id, files=uploaded)
    assert more.file_counts.total == 2
    assert client.vector_stores.file_batches.cancel(more.id, vector_store_id=store.id) == more
    assert client.vector_stores.retrieve(store.id).file_counts.completed == 3
    files = client.vector_stores.files
    assert files.update(file.id, vector_store_id=store.id, attributes={"k": True}).attributes == {"k": True}
    (content,) = files.content(file.id, vector_store_id=store.id)
    assert content.text == RULES[1].decode()
    assert files.list(store.id, filter="failed").data == []
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.file_batches.create(store.id, file_ids=["file-unknown"])


def test_an_upload_in_parts_becomes_a_file(client: Any) -> None:
    details = {"filename": "u.txt", "mime_type": "text/plain", "purpose": "assistants"}
    upload = client.uploads.upload_file_chunked(file=b"abcdefgh", bytes=8, part_size=3, **details)
    assert upload.status == "completed"
    assert client.files.content(upload.file.id).read() == b"abcdefgh"
    begun = client.uploads.create(bytes=9, **details)
    part = client.uploads.parts.create(begun.id, data=b"abc")
    with pytest.raises(openai.BadRequestError, match="3 bytes"):
        client.uploads.complete(begun.id, part_ids=[part.id])
    assert client.uploads.cancel(begun.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="cancelled"):
        client.uploads.parts.create(begun.id, data=b"abc")


def test_stored_chats_are_listed_described_and_deleted(client: Any) -> None:
    chats = client.chat.completions
    parts = [{"type": "text", "text": "Say hello."}]
    asked = {"model": MODEL, "messages": [{"role": "user", "content": parts}], "metadata": {"topic": "owls"}}
    chat = chats.create(store=True, **asked)
    chats.create(**asked)
    with chats.stream(store=True, **{**asked, "metadata": {}}) as stream:
        streamed = stream.get_final_completion()
    assert [row.id for row in chats.list(metadata={"topic": "owls"})] == [chat.id]
    assert [row.id for row in chats.list(model=MODEL, order="desc")] == [streamed.id, chat.id]
    assert chats.retrieve(chat.id).choices == chat.choices
    (message,) = chats.messages.list(chat.id)
    assert (message.role, message.content, message.id) == ("user", "Say hello.", f"{chat.id}-0")
    assert chats.update(chat.id, metadata={"topic": "wrens"}).metadata == {"topic": "wrens"}
    assert chats.delete(chat.id).deleted is True
    with pytest.raises(openai.NotFoundError):
        chats.retrieve(chat.id)


def test_a_program_writes_a_file_that_its_answer_cites(client: Any) -> None:
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    question = {"model": MODEL, "tools": [tool], "input": "Compute 12 * 7 and save it as result.txt."}
    response = client.responses.create(**question)
    call, message = response.output
    (note,) = message.content[0].annotations
    assert (note.type, note.filename, note.container_id) == (
        "container_file_citation", "result.txt", call.container_id,
    )  # fmt: skip
    assert response.output_text[note.start_index : note.end_index] == "sandbox:/mnt/data/result.txt"
    with client.responses.stream(**question) as stream:
        added = [event for event in stream if event.type == "response.output_text.annotation.added"]
    assert [event.annotation.file_id for event in added] == [note.file_id]
    files = client.containers.files
    assert files.content.retrieve(note.file_id, container_id=note.container_id).read() == b"84"
    (file,) = files.list(note.container_id)
    assert (file.id, file.path, file.source) == (note.file_id, "/mnt/data/result.txt", "assistant")
    assert client.containers.retrieve(note.container_id).status == "running"
    reading = {**question, "input": "```python\nprint(open('/mnt/data/result.txt').read())\n```"}
    reading["tools"] = [{**tool, "container": note.container_id}]
    assert client.responses.create(tool_choice="required", **reading).output_text.endswith(" 84")
    client.containers.delete(note.container_id)
    question["tools"] = reading["tools"]
    client.responses.create(**question)
    with pytest.raises(openai.NotFoundError):
        client.containers.retrieve(note.container_id)
