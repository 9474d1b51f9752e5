"""smolagents over chat completions: a model, and an agent that calls tools until its final answer."""

from __future__ import annotations

from smolagents import CodeAgent, OpenAIServerModel, ToolCallingAgent, tool
from steps import ASK_WEATHER, WEATHER, main


@tool
def get_weather(city: str) -> str:
    """Tells the weather in a city.

    Args:
        city: The name of the city.
    """
    return f"{city}: {WEATHER}"


def model(url: str) -> OpenAIServerModel:
    return OpenAIServerModel("gpt-4.1", api_base=url, api_key="any")


def chat(url: str) -> object:
    return model(url)([{"role": "user", "content": "Reply with exactly: pong"}]).content


def tool_calling_agent(url: str) -> object:
    return ToolCallingAgent(tools=[get_weather], model=model(url), max_steps=4).run(ASK_WEATHER)


def streamed_agent(url: str) -> object:
    agent = ToolCallingAgent(tools=[get_weather], model=model(url), max_steps=4, stream_outputs=True)
    return agent.run(ASK_WEATHER)


def structured_code_agent(url: str) -> object:
    agent = CodeAgent(tools=[], model=model(url), max_steps=3, use_structured_outputs_internally=True)
    return str(agent.run("Run the code `final_answer(6 * 7)`"))


def code_agent(url: str) -> object:
    return CodeAgent(tools=[get_weather], model=model(url), max_steps=2).run(ASK_WEATHER)


if __name__ == "__main__":
    main("smolagents", chat, tool_calling_agent, streamed_agent, structured_code_agent, code_agent)
