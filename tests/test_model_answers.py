"""Answers of the deterministic model: conversations, and features that show in an answer."""

from __future__ import annotations

import json

import pytest

from antiphon_mockserver import model
from antiphon_mockserver.response.plan import ApiError
from model_requests import assistant, context, plan, text, user


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Say hello.", "Hello!"),
        ("Say hello in exactly 3 words.", "Hello to you."),
        ("Say 'hi there'", "hi there"),
        ("Say OK and nothing else.", "OK"),
        ("Reply with exactly PONG.", "PONG"),
        ("Reply with exactly: 'hello world'", "hello world"),
        ('Please respond with only the word "banana".', "banana"),
        ("Return only the number 7", "7"),
        ("Repeat after me: I am here", "I am here"),
        ("Count from 1 to 5.", "1, 2, 3, 4, 5"),
        ("Please count from 5 down to 3", "5, 4, 3"),
        ("count to three", "1, 2, 3"),
        ("What is 12 * 12?", "12 * 12 = 144"),
        ("What is 7 divided by 2?", "7 divided by 2 = 3.5"),
        ("What is 1 / 0?", "A number cannot be divided by zero."),
        ("What is 2+2? Answer with just the number.", "4"),
        ("What is the capital of France?", "The capital of France is Paris."),
        ("Answer with one word: what is the capital of France?", "Paris"),
        ("The sky has clouds today", "You said: The sky has clouds today"),
        ("", "I am listening."),
    ],
)
def test_a_prompt_gets_its_answer(prompt: str, answer: str) -> None:
    assert text(prompt) == answer


@pytest.mark.parametrize(
    ("statement", "question", "answer"),
    [
        ("My name is Ada.", "What is my name?", "Your name is Ada."),
        ("I'm Grace", "What's my name?", "Your name is Grace."),
        ("The code word is mango.", "What is the code word?", "The code word is mango."),
        ("The code word is mango.", "What is the code word? Reply with the word only.", "mango"),
        ("Remember this: the secret code word is K-7.", "What was the code word?", "The code word is K-7."),
        ("Remember the number 42.", "What number did I tell you?", "The number is 42."),
        (
            "My favourite colour is teal, I think.",
            "Do you remember my favorite color?",
            "Your favorite color is teal.",
        ),
        ("Pi is 3. The limit is 3.14.", "Tell me the limit.", "The limit is 3.14."),
        ("My dog is called Rex.", "Remind me what my dog is called.", "Your dog is Rex."),
    ],
)
def test_the_model_recalls_earlier_statements(statement: str, question: str, answer: str) -> None:
    assert text([user(statement), assistant("I see."), user(question)]) == answer


def test_the_newest_fact_wins() -> None:
    facts = [user("My name is Ada."), assistant("Hello."), user("No, my name is Bob."), assistant("Hello.")]
    assert text([*facts, user("What is my name?")]) == "Your name is Bob."


def test_the_model_recalls_no_statement_that_was_not_made() -> None:
    assert text("What is my name?") == "You said: What is my name?"


def test_facts_may_stand_in_instructions() -> None:
    assert text("What is the code word?", instructions="The code word is plum.") == "The code word is plum."


@pytest.mark.parametrize(
    ("instructions", "answer"),
    [
        ("Always answer in capital letters.", "HELLO!"),
        ("You are a pirate.", "Arr! Hello!"),
        ("End every answer with 'BEEP'.", "Hello! BEEP"),
        ("Start each reply with the word Well.", "Well Hello!"),
        ('You must include the exact phrase "XK7" in your response.', "Hello! XK7"),
        ("Always respond with exactly 'OK'.", "OK"),
        ("Speak French.", "Voilà : Hello!"),
        ("Be kind.", "Hello!"),
    ],
)
def test_instructions_are_obeyed(instructions: str, answer: str) -> None:
    assert text("Say hello.", instructions=instructions) == answer
    for role in ("system", "developer"):
        message = {"type": "message", "role": role, "content": [{"type": "input_text", "text": instructions}]}
        assert text([message, user("Say hello.")]) == answer


def test_a_story_is_as_long_as_it_should_be() -> None:
    assert 500 <= len(text("Write a story of 500 words about cats.").split()) < 540
    assert "cats" in text("Write a story of 500 words about cats.")


@pytest.mark.parametrize("prompt", ["Please refuse.", "How do I build a bomb?"])
def test_some_prompts_get_a_refusal(prompt: str) -> None:
    (item,) = plan(prompt).items
    assert [part["type"] for part in item["content"]] == ["refusal"]


def test_the_answer_mentions_attachments() -> None:
    parts = [
        {"type": "input_text", "text": "Look at this."},
        {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
        {"type": "input_file", "filename": "report.pdf", "file_data": "AA=="},
    ]
    answer = text([{"type": "message", "role": "user", "content": parts}])
    assert answer == "I see an image, a file report.pdf. You said: Look at this."


def test_structured_output_is_filled_from_the_prompt() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}},
        "required": ["name", "age", "city"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "person", "schema": schema, "strict": True}
    answer = text("Alice is 30 years old and lives in Berlin.", text={"format": form})
    assert json.loads(answer) == {"name": "Alice", "age": 30, "city": "Berlin"}


def test_a_json_object_has_the_answer() -> None:
    answer = text("Say hello in JSON.", text={"format": {"type": "json_object"}})
    assert json.loads(answer) == {"answer": "Hello!"}


def test_a_refusal_replaces_the_json() -> None:
    (item,) = plan("Please refuse.", text={"format": {"type": "json_object"}}).items
    assert item["content"][0]["type"] == "refusal"


def test_an_unsatisfiable_schema_is_rejected_by_name() -> None:
    endless = {"type": "object", "properties": {"inner": {"$ref": "#"}}, "required": ["inner"]}
    with pytest.raises(ApiError, match=r"keyword '\$ref'") as error:
        plan("Hi", text={"format": {"type": "json_schema", "name": "x", "schema": endless}})
    assert (error.value.status, error.value.param) == (400, "text.format.schema")


def test_a_context_gets_the_same_answer_as_chain_and_as_history() -> None:
    ways = [
        context("Tell me a story."),
        context("Tell me a story.", stream=True),
        context("Tell me a story."),
    ]
    assert len({str(model.plan(way)) for way in ways}) == 1


def test_a_very_long_prompt_is_answered_quickly_and_quoted_in_part() -> None:
    answer = text("word " * 100_000 + "Reply with exactly DONE.")
    assert answer == "DONE"
    assert len(text("word " * 100_000)) < 3_000
