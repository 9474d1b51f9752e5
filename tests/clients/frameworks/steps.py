"""Runs the steps of a client against a server and prints their results as JSON: the script of each client."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version

Step = Callable[[str], object]
"""A step: (base URL) -> its result, which JSON can hold."""

CITY = "Paris"
WEATHER = "21 degrees and sunny"
ASK_WEATHER = f"What is the weather in {CITY}?"
ASK_PICTURE = "What is in this picture?"
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG of one point, in base64."""
ASK_PERSON = "Ada is 36 years old."


def main(package: str, *steps: Step) -> None:
    """Runs the steps against the URL in the arguments, and prints the version and the results."""
    url = sys.argv[1]
    os.environ |= {"OPENAI_API_KEY": "any", "OPENAI_BASE_URL": url, "OPENAI_API_BASE": url}
    results = {step.__name__: outcome(step, url) for step in steps}
    print("\n" + json.dumps({"version": version(package), "results": results}))


def outcome(step: Step, url: str) -> object:
    """The result of a step, or the exception that it raised, in one line."""
    try:
        return json.loads(json.dumps(step(url)))
    except Exception as error:
        traceback.print_exc()
        return f"raises {type(error).__name__}: {error}"[:300]
