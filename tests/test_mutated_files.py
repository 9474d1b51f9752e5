"""A damaged recording or report is wrong usage with the file's name, or is judged; it never raises."""

from __future__ import annotations

import random
from dataclasses import replace

import orjson
import pytest
import yaml

from antiphon.main import run as antiphon
from antiphon_conformance.recordings import transcript
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import compose
from antiphon_conformance.verdict.result import judge
from inprocess import run_suite
from mutated_files import byte_mutations, line_mutations, mutated

MUTATIONS = 200
"""How many of each kind of file."""
DOCUMENTED = {0, 1, 2, 3}


@pytest.fixture(scope="module")
def sample():
    """One conversation with five steps, and its result: each file is judged a few hundred times."""
    run = run_suite("openai", properties=False, scenarios=("chaining",))
    traces = [replace(trace, exchanges=dict([*trace.exchanges.items()][:5])) for trace in run.traces]
    return judge([replace(run, traces=traces)])


def exchanges_of(result):
    return list(result.exchanges.values())[:3]


def as_jsonl(result):
    return b"".join(transcript.lines(result.metadata, result.traces))


def as_har(result):
    return orjson.dumps({"log": {"entries": [har_entry(found) for found in exchanges_of(result)]}})


def har_entry(found):
    return {
        "request": {
            "method": found.request.method,
            "url": f"http://mock/v1{found.request.path}",
            "headers": [{"name": name, "value": value} for name, value in found.request.headers.pairs],
            "postData": {"text": orjson.dumps(found.request.body).decode()},
        },
        "response": {
            "status": found.answer.status,
            "headers": [{"name": name, "value": value} for name, value in found.answer.headers.pairs],
            "content": {"text": found.answer.raw.decode()},
        },
    }


def as_cassette(result):
    return yaml.safe_dump({"interactions": [vcr_entry(found) for found in exchanges_of(result)]}).encode()


def vcr_entry(found):
    return {
        "request": {
            "method": found.request.method,
            "uri": f"http://mock/v1{found.request.path}",
            "headers": {name: [value] for name, value in found.request.headers.pairs},
            "body": orjson.dumps(found.request.body).decode(),
        },
        "response": {
            "status": {"code": found.answer.status, "message": "OK"},
            "headers": {name: [value] for name, value in found.answer.headers.pairs},
            "body": {"string": found.answer.raw.decode()},
        },
    }


def as_events(result):
    return next(found.answer.raw for found in exchanges_of(result) if found.answer.stream)


def as_body(result):
    return next(found.answer.raw for found in exchanges_of(result) if found.answer.fields.get("output"))


FORMS = {
    "transcript.jsonl": as_jsonl,
    "traffic.har": as_har,
    "cassette.yaml": as_cassette,
    "stream.sse": as_events,
    "response.json": as_body,
}


def mutations(name, raw, count, chance):
    """Half of them changes of bytes, the others of members."""
    yield from byte_mutations(raw, count // 2, chance)
    if name.endswith(".jsonl"):
        yield from line_mutations(raw, count // 2, chance)
    elif name.endswith(".yaml"):
        content = yaml.safe_load(raw)
        yield from (yaml.safe_dump(mutated(content, chance)).encode() for _ in range(count // 10))
    elif name.endswith((".har", ".json")):
        content = orjson.loads(raw)
        yield from (orjson.dumps(mutated(content, chance)) for _ in range(count // 2))


@pytest.mark.parametrize("name", FORMS)
def test_a_damaged_recording_is_judged_or_is_wrong_usage(name, sample, tmp_path, capfd):
    path = tmp_path / name
    for number, raw in enumerate(mutations(name, FORMS[name](sample), MUTATIONS, random.Random(name))):
        path.write_bytes(raw)
        status = antiphon(["lint", str(path), "--dialect", "openai"])
        out, error = capfd.readouterr()
        assert status in DOCUMENTED, number
        assert "Traceback" not in out + error, number
        assert "BROKEN" not in out, (number, out[:500])
        assert status != 3 or name in error, (number, error)


def test_a_damaged_report_is_rendered_or_is_wrong_usage(sample, tmp_path, capfd):
    whole = folder.renderings(compose(sample, folder.TRANSCRIPT))[folder.RECORDS]
    path, other = tmp_path / "report.jsonl", tmp_path / "other.jsonl"
    other.write_bytes(whole)
    forms = list(folder.RENDERERS)
    for number, raw in enumerate(mutations("report.jsonl", whole, MUTATIONS, random.Random("report"))):
        path.write_bytes(raw)
        form = forms[number % len(forms)]
        status = antiphon(["report", str(path), *([str(other)] * (form == "markdown")), "--to", form])
        error = capfd.readouterr().err
        assert status in {0, 3}, number
        assert status == 0 or "report.jsonl" in error, (number, error)
