"""Processes share the work of `lint`, and nobody can tell from the result."""

import os

import pytest

from antiphon_conformance import engine
from antiphon_conformance.recordings import jobs
from antiphon_conformance.recordings.jobs import each, split
from antiphon_spec.dialect import load
from inprocess import traces

pytestmark = pytest.mark.skipif(jobs.cores() == 1, reason="this system cannot copy a process cheaply")


def test_the_records_are_the_same_however_many_processes_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SMALLEST_PART", 1)
    exchanges = [
        exchange
        for trace in traces("openai", ("tool_loop", "chaining", "resume"), "events.repeats-a-sequence-number")
        for exchange in trace.exchanges.values()
    ]
    alone, shared = (engine.lint(exchanges, load("openai"), jobs=count) for count in (1, 3))
    assert alone == shared
    assert any(record.findings for record in alone)


def test_the_parts_keep_the_order_and_lose_nothing() -> None:
    pool = range(1000)
    parts = split(pool, 4)
    assert [number for part in parts for number in part] == list(pool)
    assert len(parts) == 4
    assert each(sum, parts) == [sum(part) for part in parts]


def test_few_exchanges_are_worth_no_process() -> None:
    assert [len(part) for part in split(range(200), 8)] == [200]
    assert [len(part) for part in split((), 8)] == [0]


def test_the_part_of_a_process_that_dies_is_judged_here() -> None:
    parent = os.getpid()

    def work(part: range) -> int:
        if os.getpid() != parent:
            os._exit(1)
        return sum(part)

    assert each(work, [range(3), range(3, 6)]) == [3, 12]
