"""dspy, whose adapters ask for texts with markers or for JSON: a question, numbers, and tools."""

from __future__ import annotations

import dspy
from steps import ASK_PERSON, ASK_WEATHER, WEATHER, main


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: {WEATHER}"


def lm(url: str, **members: object) -> dspy.LM:
    return dspy.LM("openai/gpt-4.1", api_base=url, api_key="any", cache=False, **members)


def predict(url: str) -> object:
    with dspy.context(lm=lm(url)):
        return dspy.Predict("question -> answer")(question="Reply with exactly: pong").answer


def responses(url: str) -> object:
    with dspy.context(lm=lm(url, model_type="responses")):
        return dspy.Predict("question -> answer")(question="Reply with exactly: pong").answer


def json_adapter(url: str) -> object:
    with dspy.context(lm=lm(url), adapter=dspy.JSONAdapter()):
        result = dspy.Predict("text -> name: str, age: int")(text=ASK_PERSON)
        return [result.name, result.age]


def react(url: str) -> object:
    with dspy.context(lm=lm(url)):
        agent = dspy.ReAct("question -> answer", tools=[get_weather], max_iters=3)
        return agent(question=ASK_WEATHER).answer


if __name__ == "__main__":
    main("dspy", predict, responses, json_adapter, react)
