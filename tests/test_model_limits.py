"""Reasoning, token budgets, log probabilities, opaque texts and compaction of the deterministic model."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver import model
from antiphon_mockserver.model.reading import compact
from antiphon_mockserver.response.identity import Identity
from antiphon_mockserver.response.opaque import seal, unseal
from antiphon_mockserver.response.plan import ApiError, Item
from antiphon_mockserver.response.tokens import count, count_input, split
from model_requests import DIALECTS, RESPONSES, WEATHER, assistant, context, plan, text, user

SEALED = ["reasoning.encrypted_content"]
LOGPROBS = ["message.output_text.logprobs"]


def reasoning(**request: Any) -> Item | None:
    first = plan("What is 2 + 2?", **request).items[0]
    return first if first["type"] == "reasoning" else None


@pytest.mark.parametrize(
    "setting", [None, {}, {"effort": None}, {"effort": "none"}, {"effort": "none", "summary": "auto"}]
)
def test_without_effort_there_is_no_reasoning(setting: Any) -> None:
    assert reasoning(reasoning=setting) is None
    assert plan("Hi", reasoning=setting).reasoning_tokens == 0


@pytest.mark.parametrize(("summary", "parts"), [(None, 0), ("auto", 1), ("concise", 1), ("detailed", 2)])
def test_a_summary_is_sent_on_request_only(summary: str | None, parts: int) -> None:
    item = reasoning(reasoning={"effort": "low", "summary": summary})
    assert item is not None
    assert len(item["summary"]) == parts


def test_more_effort_costs_more_tokens() -> None:
    efforts = ["low", "medium", "high", "xhigh"]
    token_counts = [plan("Hi", reasoning={"effort": effort}).reasoning_tokens for effort in efforts]
    assert token_counts == sorted(set(token_counts))
    assert token_counts[0] > 0


def test_only_open_responses_shows_raw_reasoning_and_not_beside_encrypted_content() -> None:
    open_item = reasoning(name="openresponses", reasoning={"effort": "low"})
    sealed_item = reasoning(name="openresponses", reasoning={"effort": "low"}, include=SEALED)
    closed_item = reasoning(name="openai", reasoning={"effort": "low"})
    contents = [item and item.get("content") for item in (open_item, sealed_item, closed_item)]
    assert contents[0][0]["type"] == "reasoning_text"
    assert contents[1:] == [None, []]


def test_encrypted_reasoning_is_accepted_as_input() -> None:
    item = reasoning(reasoning={"effort": "low"}, include=SEALED)
    assert item is not None
    assert text([user("What is 2 + 2?"), item, assistant("4"), user("Say hello.")]) == "Hello!"


def tamper(ciphertext: str) -> str:
    return ciphertext[:40] + ("A" if ciphertext[40] != "A" else "B") + ciphertext[41:]


@pytest.mark.parametrize(
    "spoil", [tamper, lambda _: "gAAAA", lambda _: "", lambda s: s + "A", lambda s: s[:-4]]
)
def test_tampered_reasoning_is_rejected(spoil: Any) -> None:
    item = reasoning(reasoning={"effort": "low"}, include=SEALED)
    assert item is not None
    tampered_item = {**item, "encrypted_content": spoil(item["encrypted_content"])}
    with pytest.raises(ApiError) as error:
        plan([user("What is 2 + 2?"), tampered_item, user("Go on.")])
    assert (error.value.status, error.value.code) == (400, "invalid_encrypted_content")


def test_encrypted_content_of_another_key_is_rejected() -> None:
    item = reasoning(reasoning={"effort": "low"}, include=SEALED)
    assert item is not None
    with pytest.raises(ApiError):
        model.plan(context([user("Hi"), item], key="sk-other"))


@pytest.mark.parametrize("content", [b"", b"a", b"\x00" * 50, "ünï".encode() * 1000])
def test_encrypted_content_can_be_decrypted(content: bytes) -> None:
    assert unseal(seal(content, "secret"), "secret") == content
    assert unseal(seal(content, "secret"), "other") is None
    assert seal(content, "secret") == seal(content, "secret")


@pytest.mark.parametrize("limit", [16, 17, 40, 100])
@pytest.mark.parametrize("effort", ["none", "low", "high"])
def test_no_answer_is_longer_than_its_limit(limit: int, effort: str) -> None:
    story = plan("Tell me a long story.", max_output_tokens=limit, reasoning={"effort": effort})
    assert story.status == "incomplete"
    assert story.reason == "max_output_tokens"
    assert story.output_tokens == limit
    text_tokens = sum(count(item["content"][0]["text"]) for item in story.items if item["type"] == "message")
    assert text_tokens + story.reasoning_tokens == limit


def test_an_answer_that_just_fits_is_complete() -> None:
    budget = plan("Count from 1 to 20.").output_tokens
    assert plan("Count from 1 to 20.", max_output_tokens=budget).status == "completed"
    assert plan("Count from 1 to 20.", max_output_tokens=budget - 1).status == "incomplete"


def test_reasoning_may_use_up_the_whole_budget() -> None:
    story = plan("Tell me a long story.", max_output_tokens=16, reasoning={"effort": "high"})
    assert [item["type"] for item in story.items] == ["reasoning"]
    assert (story.output_tokens, story.reasoning_tokens) == (16, 16)


def test_calls_are_cut_like_text() -> None:
    long = {
        **WEATHER,
        "parameters": {"type": "object", "properties": {"text": {"type": "string", "minLength": 500}}},
    }
    (call,) = plan("weather", tools=[long], max_output_tokens=16).items
    assert count(call["arguments"]) == 16


def test_every_token_has_log_probabilities() -> None:
    (item,) = plan("Count from 1 to 9.", include=LOGPROBS, top_logprobs=3).items
    part = item["content"][0]
    assert [entry["token"] for entry in part["logprobs"]] == split(part["text"])
    for entry in part["logprobs"]:
        logprobs = [candidate["logprob"] for candidate in entry["top_logprobs"]]
        assert (len(logprobs), logprobs) == (3, sorted(logprobs, reverse=True))
        assert entry["logprob"] == logprobs[0] <= 0
        assert bytes(entry["bytes"]).decode() == entry["token"]
        assert len({candidate["token"] for candidate in entry["top_logprobs"]}) == 3


@pytest.mark.parametrize("request_", [{}, {"top_logprobs": 3}, {"include": SEALED}])
def test_log_probabilities_are_sent_on_request_only(request_: dict[str, Any]) -> None:
    (item,) = plan("Hi", **request_).items
    assert item["content"][0]["logprobs"] == []


@pytest.mark.parametrize(
    "text_", ["", "hello world", " a  b ", "ünïcödé 日本語 🎉🎉", "a" * 100, "x.y,z!?\n\n"]
)
def test_tokens_joined_are_the_text(text_: str) -> None:
    assert "".join(split(text_)) == text_


def test_every_addition_to_a_request_adds_tokens() -> None:
    requests = [
        context("Hi"),
        context("Hi there"),
        context("Hi there", instructions="Be kind."),
        context("Hi there", instructions="Be kind.", tools=[WEATHER]),
        context([user("Hi"), assistant("Hello"), user("Hi there")], instructions="Be kind.", tools=[WEATHER]),
    ]
    counts = [count_input(request) for request in requests]
    assert counts == sorted(set(counts))


FACTS = [user("My name is Ada."), assistant("The code word is mango."), user("I see.")]


@pytest.mark.parametrize("name", RESPONSES)
def test_a_compacted_conversation_is_valid_and_keeps_the_user_messages(name: str) -> None:
    request_context = context(FACTS, name)
    answer = compact(request_context, Identity("0" * 16, request_context.dialect.traits.id_prefixes), 7)
    validator = DIALECTS[name].schemas.body("compactResponse")
    assert validator is not None
    assert validator.faults(answer) == []
    *messages, last = answer["output"]
    assert [message["content"][0]["text"] for message in messages] == ["My name is Ada.", "I see."]
    assert last.keys() == {"id", "type", "encrypted_content"}


def test_a_compacted_conversation_still_has_its_facts() -> None:
    request_context = context(FACTS)
    window = compact(request_context, Identity("0" * 16, {}), 7)["output"]
    assert text([*window, user("What is the code word?")]) == "The code word is mango."
    assert text([*window, user("What is my name?")]) == "Your name is Ada."


def test_a_compacted_conversation_can_be_compacted_again() -> None:
    window = compact(context(FACTS), Identity("0" * 16, {}), 7)["output"]
    again = compact(context([*window, user("Go on.")]), Identity("1" * 16, {}), 8)["output"]
    assert text([*again, user("What is the code word?")]) == "The code word is mango."


def test_a_trigger_compacts_within_a_create() -> None:
    (item,) = plan([*FACTS, {"type": "compaction_trigger"}]).items
    assert item["type"] == "compaction"
    assert text([item, user("What is my name?")]) == "Your name is Ada."


def test_a_long_context_is_compacted_when_the_request_allows_it() -> None:
    management = [{"type": "compaction", "compact_threshold": 1000}]
    long = [user("My name is Ada. " + "word " * 2000)]
    kinds = [item["type"] for item in plan(long, context_management=management).items]
    assert kinds == ["compaction", "message"]
    assert [item["type"] for item in plan("Hi", context_management=management).items] == ["message"]


def test_a_whole_number_may_be_written_with_a_fraction_of_0() -> None:
    story = plan("Tell me a long story.", max_output_tokens=16.0, top_logprobs=2.0, include=LOGPROBS)
    assert (story.output_tokens, type(story.output_tokens)) == (16, int)
