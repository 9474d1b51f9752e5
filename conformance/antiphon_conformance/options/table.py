"""The table of options. It imports nothing of ours: every pytest session reads it, and few judge a target."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

COMMAND, PYTEST, PYTHON = "command", "pytest", "python"
PREFIX = {COMMAND: "--", PYTEST: "--responses-"}
"""The two front doors with options, and how an option of each one begins."""
PARAMETERS = {"feature": "features", "resource": "resources", "header": "headers"}
PARAMETERS |= {"rule": "rules", "scenario": "scenarios", "other_api_key_env": "other_api_key"}
"""The parameters of `check` in Python that have another name than the value of their option."""


class Kind(StrEnum):
    """What the value of an option is."""

    TEXT = "text"
    FLAG = "flag"
    INTEGER = "integer"
    COUNT = "count"
    """An integer of at least 1."""
    SECONDS = "seconds"
    """A number above 0."""
    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a run, without the prefix of its front door."""

    name: str
    help: str
    kind: Kind = Kind.TEXT
    metavar: str | None = None
    default: str | int | float | None = None
    repeatable: bool = False
    """Whether it may be named several times; its value is then a list."""
    front_doors: tuple[str, ...] = (COMMAND, PYTEST)

    @property
    def key(self) -> str:
        """The name of its value: `max_requests` for `max-requests`."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option("target", "The server: its URL before /responses, or module:app.", metavar="URL",
           front_doors=(PYTEST,)),
    Option("dialect", "Dialects to judge by. Default: that of a vendor's host, else openresponses.",
           metavar="D[,D]"),
    Option("dialect-path", "A folder with further dialects, one subfolder for each.", Kind.FOLDER, "DIR",
           front_doors=(PYTEST,)),
    Option("model", "The model of every request; several are judged side by side.", metavar="MODEL",
           repeatable=True),
    Option("api-key-env", "Variable with the key. Default: OPENAI_API_KEY and so on, to its vendor only.",
           metavar="VARIABLE"),
    Option("other-api-key-env", "Variable with another account's key, which must not see the first's data.",
           metavar="VARIABLE"),
    Option("auth", "Where the key goes: bearer, header:NAME, query:NAME, none.", metavar="PLACE"),
    Option("header", "A header of every request: 'NAME: VALUE'.", metavar="'N: V'", repeatable=True),
    Option("ca-file", "The certificates to trust, in place of the system's.", Kind.FILE, "FILE"),
    Option("insecure", "Accept any certificate.", Kind.FLAG),
    Option("rule", "Judge by this rule alone, in the conversations that it needs.", metavar="ID",
           repeatable=True),
    Option("scenario", "Hold this conversation alone.", metavar="NAME", repeatable=True),
    Option("resource", "The id of a resource of the target: collection=ID.", metavar="NAME=ID",
           repeatable=True),
    Option("webhook-port", "Receive the target's webhooks here; it sends them to http://127.0.0.1:N/.",
           Kind.COUNT, "N"),
    Option("feature", "Claim an optional feature, or deny it: no-FEATURE.", metavar="FEATURE",
           repeatable=True),
    Option("baseline", "A YAML file of known failures, with reasons.", Kind.FILE, "FILE"),
    Option("baseline-update", "Write the current failures of a full run into the baseline.", Kind.FLAG),
    Option("requirements", "Judge by a frozen set of requirements.", metavar="DIALECT@RELEASE",
           repeatable=True),
    Option("profile", "What a breach weighs: compatible, strict, identical, or a file.",
           metavar="NAME|FILE", default="compatible"),
    Option("report", "Write the reports into this folder.", Kind.FOLDER, "DIR"),
    Option("vendor", "The name of the server's vendor, for the report.", metavar="NAME", default=""),
    Option("note", "How to start the server, for the report.", metavar="TEXT", default=""),
    Option("concurrency", "How many conversations run at once.", Kind.COUNT, "N", 2),
    Option("repeat", "Runs; a changing verdict is inconclusive.", Kind.COUNT, "N", 1),
    Option("max-requests", "The largest number of requests to send.", Kind.COUNT, "N"),
    Option("max-tokens", "Stop when the answers add up to this many tokens.", Kind.COUNT, "N"),
    Option("max-events", "The largest number of events to read of one stream.", Kind.COUNT, "N", 100_000),
    Option("max-body", "The largest part to keep of one body, in MiB.", Kind.COUNT, "MIB", 16),
    Option("max-memory", "Memory for all answers together, in MiB.", Kind.COUNT, "MIB", 512),
    Option("timeout", "Seconds without a byte after which a request is given up.", Kind.SECONDS, "S", 60.0),
    Option("exchange-timeout", "Time limit of a whole exchange, in seconds. Default: 10 time-outs.",
           Kind.SECONDS, "S"),
    Option("deadline", "Time limit of a run, in seconds. Default: a time-out for each conversation.",
           Kind.SECONDS, "S"),
    Option("recovery", "Seconds in which a target that stopped answering may come back.", Kind.SECONDS, "S",
           60.0),
    Option("restart", "Starts a target that stopped answering.", metavar="COMMAND"),
    Option("without", "Leave a scenario out.", metavar="SCENARIO", repeatable=True),
    Option("seed", "The seed of the generated requests.", Kind.INTEGER, "N", 0),
    Option("no-properties", "Send no generated requests.", Kind.FLAG),
)  # fmt: skip


def place(key: str, front_door: str) -> str:
    """How a person writes the option with this key: `--max-requests`, or `max_requests` in Python."""
    if front_door == PYTHON:
        return PARAMETERS.get(key, key)
    return PREFIX[front_door] + key.replace("_", "-")


def options_of(front_door: str) -> tuple[Option, ...]:
    """The options of one front door, in the order of its help."""
    return tuple(option for option in OPTIONS if front_door in option.front_doors)
