"""The vendor's Python SDK drives the mock: responses, chat, collections and files, filters and entities."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver import ResponsesMock
from antiphon_mockserver.video_library.library import open_library
from antiphon_spec.world import Collection

cloudglue = pytest.importorskip("cloudglue", reason="the SDK tests need `cloudglue`: pip install cloudglue")

pytestmark = [
    pytest.mark.responses_mock(dialect="cloudglue", world="cooking"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # the SDK leaves its connections to the collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

COLLECTIONS = {collection.key: collection for collection in open_library("cooking").collections}
CARBONARA = next(file for file in COLLECTIONS["kitchen"].files if file.key == "carbonara")
REST = "How long does the carbonara rest?"
ANSWER = "The carbonara rests for ninety seconds"
DESCRIPTIONS = "cloudglue_citations.media_descriptions"


@pytest.fixture
def client(responses_mock: ResponsesMock) -> Any:
    return cloudglue.Cloudglue(api_key="cg-any", host=responses_mock.url)


def id_of(key: str) -> str:
    return COLLECTIONS[key].id


def part_of(response: Any) -> Any:
    """The text part of the message; newer releases of the SDK wrap items of a union."""
    item = response.output[0]
    return getattr(item, "actual_instance", item).content[0]


def ask(client: Any, question: str = REST, **more: Any) -> Any:
    return client.responses.create(input=question, collections=[id_of("kitchen")], model="nimbus-001", **more)


def test_create(client: Any) -> None:
    response = ask(client)
    assert (response.status, response.model, response.error) == ("completed", "nimbus-001", None)
    part = part_of(response)
    assert ANSWER in part.text
    first = part.annotations[0]
    assert (first.file_id, first.collection_id) == (CARBONARA.id, id_of("kitchen"))
    assert first.start_time < first.end_time
    assert first.context in part.text
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


def test_the_same_question_gets_the_same_answer_under_another_id(client: Any) -> None:
    once, again = ask(client), ask(client)
    assert once.id != again.id
    assert part_of(once) == part_of(again)


def test_citations_have_descriptions_on_request(client: Any) -> None:
    plain = part_of(ask(client)).annotations[0]
    rich = part_of(ask(client, include=[DESCRIPTIONS])).annotations[0]
    assert plain.speech is None
    assert any("ninety seconds" in line for line in rich.speech)
    assert rich.relevant_sources == ["speech"]
    assert all(isinstance(text, str) for text in rich.visual_scene_description)


def events_of(client: Any, **more: Any) -> list[dict[str, Any]]:
    return [*ask(client, stream=True, **more)]


def test_a_stream(client: Any) -> None:
    events = events_of(client)
    deltas = [event["data"]["delta"] for event in events if event["event"] == "response.output_text.delta"]
    last = events[-1]
    assert last["event"] == last["data"]["type"] == "response.completed"
    message = last["data"]["response"]["output"][0]["content"][0]
    assert "".join(deltas) == message["text"]
    assert message["annotations"]
    assert client.responses.get(last["data"]["response"]["id"]).status == "completed"


def test_a_stream_of_ten_kilobytes_of_emoji(client: Any, responses_mock: ResponsesMock) -> None:
    text = "🍝 al dente – così! " * 500
    responses_mock.script({"text": text})
    deltas = [event["data"]["delta"] for event in events_of(client) if "delta" in event["data"]]
    assert "".join(deltas) == text


def test_a_stream_that_fails(client: Any, responses_mock: ResponsesMock) -> None:
    responses_mock.script({"failure": {"code": "server_error", "message": "The oven is off."}})
    events = events_of(client)
    assert [event["event"] for event in events] == ["response.created", "error"]
    assert events[-1]["data"]["error"]["message"] == "The oven is off."


def poll(client: Any, id: str) -> Any:
    for _ in range(10):
        response = client.responses.get(id)
        if response.status != "in_progress":
            return response
    raise AssertionError(f"{id} never ended")


def test_background_with_polling(client: Any) -> None:
    run = ask(client, "Provide a comprehensive analysis of all techniques shown.", background=True)
    assert (run.status, run.output) == ("in_progress", None)
    last = poll(client, run.id)
    assert last.status == "completed"
    assert len(part_of(last).annotations) > 1


def test_background_cancelled(client: Any) -> None:
    run = ask(client, background=True)
    assert client.responses.cancel(run.id).status == "cancelled"
    assert client.responses.get(run.id).status == "cancelled"
    assert client.responses.cancel(run.id).status == "cancelled"


def test_a_failed_background_response_has_an_error(client: Any, responses_mock: ResponsesMock) -> None:
    responses_mock.script({"failure": {"code": "server_error", "message": "The oven is off."}})
    last = poll(client, ask(client, background=True).id)
    assert (last.status, last.error.message) == ("failed", "The oven is off.")


def test_a_cancel_does_not_change_a_finished_response(client: Any) -> None:
    response = ask(client)
    assert client.responses.cancel(response.id).status == "completed"


def test_list_and_delete(client: Any) -> None:
    ids = [ask(client).id, ask(client, "Which dishes are vegetarian?").id]
    page = client.responses.list(limit=1)
    assert ([item.id for item in page.data], page.total, page.limit) == ([ids[1]], 2, 1)
    assert [item.id for item in client.responses.list(offset=1).data] == [ids[0]]
    assert client.responses.list(status="failed").total == 0
    assert client.responses.list(created_before="2000-01-01").total == 0
    assert client.responses.list(created_after="2000-01-01").total == 2
    assert client.responses.delete(ids[0]).deleted is True
    assert client.responses.delete(ids[0]).deleted is True
    assert client.responses.list().total == 1


def recipes(client: Any, **more: Any) -> Any:
    return client.responses.create_entity_backed_knowledge_config(
        entity_collections=[
            client.responses.create_entity_collection_config(
                collection_id=id_of("recipes"), name="recipes", description="Recipes with their ingredients"
            )
        ],
        **more,
    )


def entity_backed(client: Any, question: str, **more: Any) -> Any:
    return client.responses.create(
        input=question,
        collections=[id_of("kitchen")],
        model="nimbus-002-preview",
        knowledge_base_type="entity_backed_knowledge",
        entity_backed_knowledge_config=recipes(client, description="Cooking videos"),
        **more,
    )


def cited_keys(part: Any) -> set[str]:
    by_id = {file.id: file.key for file in COLLECTIONS["kitchen"].files}
    return {by_id[annotation.file_id] for annotation in part.annotations}


@pytest.mark.parametrize(
    ("question", "files"),
    [
        ("Which recipes take under 30 minutes?", {"carbonara", "miso-soup", "halloumi", "pan-con-tomate"}),
        ("Which recipe requires the fewest ingredients?", {"halloumi"}),
        ("Which recipes are Japanese?", {"miso-soup", "okonomiyaki"}),
    ],
)
def test_entities_answer(client: Any, question: str, files: set[str]) -> None:
    part = part_of(entity_backed(client, question))
    assert cited_keys(part) == files
    assert all(annotation.context.startswith("From recipes: ") for annotation in part.annotations)


def test_entities_answer_in_a_stream_within_a_filter(client: Any) -> None:
    short = client.responses.create_filter(
        video_info=[{"path": "duration_seconds", "operator": "LessThan", "valueText": "300"}]
    )
    events = [*entity_backed(client, "Which recipes take under 30 minutes?", filter=short, stream=True)]
    annotations = events[-1]["data"]["response"]["output"][0]["content"][0]["annotations"]
    lengths = {file.id: (file.video or {}).get("duration_seconds") for file in COLLECTIONS["kitchen"].files}
    assert annotations
    assert all(lengths[annotation["file_id"]] < 300 for annotation in annotations)


def test_several_turns_and_instructions(client: Any) -> None:
    first = part_of(ask(client)).text
    more = ask(
        client,
        [
            {"role": "user", "content": REST},
            {"role": "assistant", "content": first},
            {"role": "user", "content": "Can you go into more detail about the first one?"},
        ],
        instructions="Use bullet points for lists.",
    )
    assert more.instructions == "Use bullet points for lists."
    assert CARBONARA.id in {annotation.file_id for annotation in part_of(more).annotations}


def test_files_and_the_default_index(client: Any) -> None:
    for source in ({"files": [CARBONARA.uri]}, {"use_default_index": True}):
        response = client.responses.create(input=REST, model="nimbus-001", **source)
        first = part_of(response).annotations[0]
        assert (first.file_id, first.collection_id) == (CARBONARA.id, None)


def cite_filtered(client: Any, **criteria: Any) -> set[str]:
    """The keys of the files that an overview with this filter cites."""
    filter_body = client.responses.create_filter(**criteria)
    return cited_keys(part_of(ask(client, "Summarize what these videos show.", filter=filter_body)))


def test_filters(client: Any) -> None:
    italian = [{"path": "topic", "operator": "Equal", "valueText": "pasta"}]
    quick = [{"path": "tags", "operator": "ContainsAny", "valueTextArray": ["quick"]}]
    assert cite_filtered(client, metadata=quick) == {
        file.key
        for file in COLLECTIONS["kitchen"].files
        if "quick" in ((file.metadata or {}).get("tags") or ())
    }
    keys = cite_filtered(
        client, metadata=italian, file=[{"path": "id", "operator": "Equal", "valueText": CARBONARA.id}]
    )
    assert keys <= {"carbonara"}
    assert (
        cite_filtered(client, metadata=[{"path": "topic", "operator": "Equal", "valueText": "no such topic"}])
        == set()
    )


def test_a_rejected_request_raises_an_error_of_the_sdk(client: Any) -> None:
    with pytest.raises(cloudglue.CloudglueError) as error:
        ask(client, background=True, stream=True)
    assert error.value.status_code == 400
    with pytest.raises(cloudglue.CloudglueError) as missing:
        client.responses.get("00000000-0000-4000-8000-000000000000")
    assert missing.value.status_code == 404


def test_chat(client: Any) -> None:
    short = client.chat.completions.create_filter(
        video_info_filters=[{"path": "duration_seconds", "operator": "LessThan", "valueText": "5000"}]
    )
    completion = client.chat.completions.create(
        messages=[{"role": "user", "content": REST}], collections=[id_of("kitchen")], filter=short
    )
    (choice,) = completion.choices
    assert ANSWER in choice.message.content
    assert choice.citations[0].file_id == CARBONARA.id
    assert "ninety seconds" in choice.citations[0].speech[-1].text
    assert completion.payload.temperature == 0.7
    assert client.chat.completions.get(completion.id).id == completion.id
    page = client.chat.completions.list(limit=5)
    assert ([item.id for item in page.data], page.total) == ([completion.id], 1)


def test_collections(client: Any) -> None:
    page = client.collections.list(collection_type="media-descriptions", order="name", sort="asc")
    assert [item.name for item in page.data] == sorted(
        collection.name for collection in COLLECTIONS.values() if collection.type == "media-descriptions"
    )
    kitchen: Collection = COLLECTIONS["kitchen"]
    assert client.collections.get(kitchen.id).file_count == len(kitchen.files)
    videos = client.collections.list_videos(kitchen.id, limit=2, order="filename", sort="asc")
    assert (len(videos.data), videos.total) == (2, len(kitchen.files))
    assert client.collections.get_video(kitchen.id, CARBONARA.id).file.filename == CARBONARA.filename


def test_entities_of_a_collection(client: Any) -> None:
    entities = client.collections.get_video_entities(id_of("recipes"), CARBONARA.id)
    assert entities.entities["total_minutes"] == 25
    steps = client.collections.get_video_entities(id_of("steps"), CARBONARA.id, limit=1)
    assert (len(steps.segment_entities), steps.total > 1) == (1, True)
    assert client.collections.list_entities(id_of("recipes")).total == len(COLLECTIONS["recipes"].files)


def test_descriptions_and_transcripts(client: Any) -> None:
    kitchen, file = id_of("kitchen"), CARBONARA.id
    whole = client.collections.get_media_descriptions(kitchen, file)
    assert whole.title == CARBONARA.title
    assert any("ninety seconds" in passage.text for passage in whole.speech)
    early = client.collections.get_media_descriptions(kitchen, file, end_time_seconds=60)
    assert 0 < len(early.speech) < len(whole.speech)
    markdown = client.collections.get_media_descriptions(kitchen, file, response_format="markdown")
    assert markdown.content.startswith(f"# {CARBONARA.title}")
    assert client.collections.list_media_descriptions(kitchen).limit == 20
    member = COLLECTIONS["transcripts"].files[0]
    assert client.collections.get_rich_transcripts(id_of("transcripts"), member.id).file_id == member.id
    assert client.collections.list_rich_transcripts(id_of("transcripts")).total > 0


def test_files(client: Any) -> None:
    filter_body = client.files.create_filter(
        file_filters=[{"path": "filename", "operator": "Like", "value_text": "%CARBONARA%"}]
    )
    assert [file.id for file in client.files.list(filter=filter_body).data] == [CARBONARA.id]
    file = client.files.get(CARBONARA.id)
    assert (file.uri, file.created_at) == (CARBONARA.uri, CARBONARA.created_at)
    segments = client.files.list_segments(CARBONARA.id, end_time_before=60)
    assert 0 < segments.total < len(CARBONARA.segments)


@pytest.mark.responses_mock(dialect="cloudglue", world="cooking", faults=["status=429"])
def test_a_rate_limited_get_is_sent_four_times(client: Any, responses_mock: ResponsesMock) -> None:
    with pytest.raises(cloudglue.CloudglueError):
        client.files.list()
    assert [entry.status for entry in responses_mock.journal] == [429] * 4
