"""The vendor's Python SDK drives the mock: responses, chat, collections and files, filters and entities."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver.mock import ResponsesMock
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
    """The text part of the one message; newer releases of the SDK wrap items of a union."""
    item = response.output[0]
    return getattr(item, "actual_instance", item).content[0]


def asked(client: Any, question: str = REST, **more: Any) -> Any:
    return client.responses.create(input=question, collections=[id_of("kitchen")], model="nimbus-001", **more)


def test_create(client: Any) -> None:
    response = asked(client)
    assert (response.status, response.model, response.error) == ("completed", "nimbus-001", None)
    part = part_of(response)
    assert ANSWER in part.text
    first = part.annotations[0]
    assert (first.file_id, first.collection_id) == (CARBONARA.id, id_of("kitchen"))
    assert first.start_time < first.end_time
    assert first.context in part.text
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


def test_the_same_question_gets_the_same_answer_under_another_id(client: Any) -> None:
    once, again = asked(client), asked(client)
    assert once.id != again.id
    assert part_of(once) == part_of(again)


def test_citations_bear_what_they_cite_when_it_is_wanted(client: Any) -> None:
    plain = part_of(asked(client)).annotations[0]
    rich = part_of(asked(client, include=[DESCRIPTIONS])).annotations[0]
    assert plain.speech is None
    assert any("ninety seconds" in said for said in rich.speech)
    assert rich.relevant_sources == ["speech"]
    assert all(isinstance(text, str) for text in rich.visual_scene_description)


def events_of(client: Any, **more: Any) -> list[dict[str, Any]]:
    return [*asked(client, stream=True, **more)]


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


def polled(client: Any, id: str) -> Any:
    for _ in range(10):
        found = client.responses.get(id)
        if found.status != "in_progress":
            return found
    raise AssertionError(f"{id} never ended")


def test_background_with_polling(client: Any) -> None:
    started = asked(client, "Provide a comprehensive analysis of all techniques shown.", background=True)
    assert (started.status, started.output) == ("in_progress", None)
    ended = polled(client, started.id)
    assert ended.status == "completed"
    assert len(part_of(ended).annotations) > 1


def test_background_cancelled(client: Any) -> None:
    started = asked(client, background=True)
    assert client.responses.cancel(started.id).status == "cancelled"
    assert client.responses.get(started.id).status == "cancelled"
    assert client.responses.cancel(started.id).status == "cancelled"


def test_a_failed_background_response_says_why(client: Any, responses_mock: ResponsesMock) -> None:
    responses_mock.script({"failure": {"code": "server_error", "message": "The oven is off."}})
    ended = polled(client, asked(client, background=True).id)
    assert (ended.status, ended.error.message) == ("failed", "The oven is off.")


def test_a_finished_response_is_cancelled_in_vain(client: Any) -> None:
    made = asked(client)
    assert client.responses.cancel(made.id).status == "completed"


def test_list_and_delete(client: Any) -> None:
    made = [asked(client).id, asked(client, "Which dishes are vegetarian?").id]
    listed = client.responses.list(limit=1)
    assert ([item.id for item in listed.data], listed.total, listed.limit) == ([made[1]], 2, 1)
    assert [item.id for item in client.responses.list(offset=1).data] == [made[0]]
    assert client.responses.list(status="failed").total == 0
    assert client.responses.list(created_before="2000-01-01").total == 0
    assert client.responses.list(created_after="2000-01-01").total == 2
    assert client.responses.delete(made[0]).deleted is True
    assert client.responses.delete(made[0]).deleted is True
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
    first = part_of(asked(client)).text
    more = asked(
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
        found = client.responses.create(input=REST, model="nimbus-001", **source)
        first = part_of(found).annotations[0]
        assert (first.file_id, first.collection_id) == (CARBONARA.id, None)


def filtered(client: Any, **criteria: Any) -> set[str]:
    """The files that an overview of what passes a filter cites."""
    chosen = client.responses.create_filter(**criteria)
    return cited_keys(part_of(asked(client, "Summarize what these videos show.", filter=chosen)))


def test_filters(client: Any) -> None:
    italian = [{"path": "topic", "operator": "Equal", "valueText": "pasta"}]
    tagged = [{"path": "tags", "operator": "ContainsAny", "valueTextArray": ["quick"]}]
    assert filtered(client, metadata=tagged) == {
        file.key
        for file in COLLECTIONS["kitchen"].files
        if "quick" in ((file.metadata or {}).get("tags") or ())
    }
    both = filtered(
        client, metadata=italian, file=[{"path": "id", "operator": "Equal", "valueText": CARBONARA.id}]
    )
    assert both <= {"carbonara"}
    assert (
        filtered(client, metadata=[{"path": "topic", "operator": "Equal", "valueText": "no such topic"}])
        == set()
    )


def test_a_refusal_is_an_error_of_the_sdk(client: Any) -> None:
    with pytest.raises(cloudglue.CloudglueError) as refused:
        asked(client, background=True, stream=True)
    assert refused.value.status_code == 400
    with pytest.raises(cloudglue.CloudglueError) as missing:
        client.responses.get("00000000-0000-4000-8000-000000000000")
    assert missing.value.status_code == 404


def test_chat(client: Any) -> None:
    short = client.chat.completions.create_filter(
        video_info_filters=[{"path": "duration_seconds", "operator": "LessThan", "valueText": "5000"}]
    )
    made = client.chat.completions.create(
        messages=[{"role": "user", "content": REST}], collections=[id_of("kitchen")], filter=short
    )
    (choice,) = made.choices
    assert ANSWER in choice.message.content
    assert choice.citations[0].file_id == CARBONARA.id
    assert "ninety seconds" in choice.citations[0].speech[-1].text
    assert made.payload.temperature == 0.7
    assert client.chat.completions.get(made.id).id == made.id
    listed = client.chat.completions.list(limit=5)
    assert ([item.id for item in listed.data], listed.total) == ([made.id], 1)


def test_collections(client: Any) -> None:
    listed = client.collections.list(collection_type="media-descriptions", order="name", sort="asc")
    assert [item.name for item in listed.data] == sorted(
        found.name for found in COLLECTIONS.values() if found.type == "media-descriptions"
    )
    kitchen: Collection = COLLECTIONS["kitchen"]
    assert client.collections.get(kitchen.id).file_count == len(kitchen.files)
    videos = client.collections.list_videos(kitchen.id, limit=2, order="filename", sort="asc")
    assert (len(videos.data), videos.total) == (2, len(kitchen.files))
    assert client.collections.get_video(kitchen.id, CARBONARA.id).file.filename == CARBONARA.filename


def test_entities_of_a_collection(client: Any) -> None:
    found = client.collections.get_video_entities(id_of("recipes"), CARBONARA.id)
    assert found.entities["total_minutes"] == 25
    steps = client.collections.get_video_entities(id_of("steps"), CARBONARA.id, limit=1)
    assert (len(steps.segment_entities), steps.total > 1) == (1, True)
    assert client.collections.list_entities(id_of("recipes")).total == len(COLLECTIONS["recipes"].files)


def test_descriptions_and_transcripts(client: Any) -> None:
    kitchen, file = id_of("kitchen"), CARBONARA.id
    whole = client.collections.get_media_descriptions(kitchen, file)
    assert whole.title == CARBONARA.title
    assert any("ninety seconds" in said.text for said in whole.speech)
    early = client.collections.get_media_descriptions(kitchen, file, end_time_seconds=60)
    assert 0 < len(early.speech) < len(whole.speech)
    written = client.collections.get_media_descriptions(kitchen, file, response_format="markdown")
    assert written.content.startswith(f"# {CARBONARA.title}")
    assert client.collections.list_media_descriptions(kitchen).limit == 20
    member = COLLECTIONS["transcripts"].files[0]
    assert client.collections.get_rich_transcripts(id_of("transcripts"), member.id).file_id == member.id
    assert client.collections.list_rich_transcripts(id_of("transcripts")).total > 0


def test_files(client: Any) -> None:
    chosen = client.files.create_filter(
        file_filters=[{"path": "filename", "operator": "Like", "value_text": "%CARBONARA%"}]
    )
    assert [file.id for file in client.files.list(filter=chosen).data] == [CARBONARA.id]
    found = client.files.get(CARBONARA.id)
    assert (found.uri, found.created_at) == (CARBONARA.uri, CARBONARA.created_at)
    segments = client.files.list_segments(CARBONARA.id, end_time_before=60)
    assert 0 < segments.total < len(CARBONARA.segments)


@pytest.mark.responses_mock(dialect="cloudglue", world="cooking", faults=["status=429"])
def test_a_get_that_is_limited_is_sent_four_times(client: Any, responses_mock: ResponsesMock) -> None:
    with pytest.raises(cloudglue.CloudglueError):
        client.files.list()
    assert [entry.status for entry in responses_mock.journal] == [429] * 4
