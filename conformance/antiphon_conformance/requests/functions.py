"""The functions that the tries offer, the choices of one, and the schemas that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.requests.test_prompts import LETTERS

Json = dict[str, Any]


def _function(name: str, description: str, properties: Mapping[str, Any]) -> Json:
    parameters = {"type": "object", "properties": dict(properties), "required": list(properties)}
    return {
        "type": "function",
        "name": name,
        "description": description,
        "parameters": {**parameters, "additionalProperties": False},
        "strict": True,
    }


CITY: Json = {"city": {"type": "string"}}
TIME = _function("get_time", "Tells the time in a city.", CITY)
WEATHER = _function("get_weather", "Tells the weather in a city.", CITY)
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
SALES = _function(
    "save_sales",
    "Saves the sales of a year.",
    {f"sales_in_{month}": {"type": "integer"} for month in MONTHS},
)
GREET = _function("greet", "Greets a guest.", {"greeting": {"type": "string", "enum": [LETTERS]}})
RING = _function("ring_bell", "Rings the bell.", {})
SHIPS: Json = {
    "type": "custom",
    "name": "query_ships",
    "description": "Runs a query on the table of ships, in SQL.",
    "format": {"type": "grammar", "syntax": "regex", "definition": "select [a-z_]+ from [a-z_]+"},
}
"""A custom tool whose input follows a grammar."""
NAMED_SHIPS: Json = {"type": "custom", "name": "query_ships"}
NAMED_TIME: Json = {"type": "function", "name": "get_time"}
ALLOWED_TIME: Json = {"type": "allowed_tools", "mode": "required", "tools": [NAMED_TIME]}
ANSWER = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
STRICT_ANSWER: Json = {**ANSWER, "additionalProperties": False}
GREETING: Json = {
    "type": "object",
    "properties": {"greeting": {"type": "string", "enum": [LETTERS]}},
    "required": ["greeting"],
    "additionalProperties": False,
}


def schema_format(schema: Json) -> Json:
    """The member `text` of a create with this strict schema."""
    return {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}}
