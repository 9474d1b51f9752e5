"""instructor: structured output in each of its modes, a list, a stream of partial objects, and re-asks."""

from __future__ import annotations

import instructor
from openai import OpenAI
from pydantic import BaseModel, field_validator
from steps import ASK_PERSON, main


class Person(BaseModel):
    """The structured output."""

    name: str
    age: int


class Older(Person):
    """A person whose age is wrong at first."""

    @field_validator("age")
    @classmethod
    def be_older(cls, value: int) -> int:
        """Rejects the age of the text."""
        if value < 41:
            raise ValueError("the age must be 41")
        return value


def ask(
    url: str, mode: instructor.Mode, model: type[BaseModel] = Person, text: str = ASK_PERSON
) -> BaseModel:
    client = instructor.from_openai(OpenAI(base_url=url, api_key="any"), mode=mode)
    messages = [{"role": "user", "content": text}]
    return client.create(model="gpt-5", response_model=model, messages=messages, max_retries=2)


def by_tool(url: str) -> object:
    return ask(url, instructor.Mode.TOOLS).model_dump()


def by_strict_tool(url: str) -> object:
    return ask(url, instructor.Mode.TOOLS_STRICT).model_dump()


def by_json(url: str) -> object:
    return ask(url, instructor.Mode.JSON).model_dump()


def by_schema(url: str) -> object:
    return ask(url, instructor.Mode.JSON_SCHEMA).model_dump()


def by_markdown(url: str) -> object:
    return ask(url, instructor.Mode.MD_JSON).model_dump()


def by_responses(url: str) -> object:
    return ask(url, instructor.Mode.RESPONSES_TOOLS).model_dump()


def corrected(url: str) -> object:
    return ask(url, instructor.Mode.TOOLS, Older).model_dump()


def several(url: str) -> object:
    client = instructor.from_openai(OpenAI(base_url=url, api_key="any"))
    messages = [{"role": "user", "content": "Ada is 36 years old. Bob is 41 years old."}]
    people = client.create_iterable(model="gpt-5", response_model=Person, messages=messages)
    return [person.model_dump() for person in people]


def partial(url: str) -> object:
    client = instructor.from_openai(OpenAI(base_url=url, api_key="any"))
    messages = [{"role": "user", "content": ASK_PERSON}]
    return [*client.create_partial(model="gpt-5", response_model=Person, messages=messages)][-1].model_dump()


if __name__ == "__main__":
    main(
        "instructor",
        by_tool,
        by_strict_tool,
        by_json,
        by_schema,
        by_markdown,
        by_responses,
        corrected,
        several,
        partial,
    )
