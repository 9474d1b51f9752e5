"""What people give that has no effect, or that nobody can judge, is said aloud, with what would help."""

from __future__ import annotations

import json

import pytest

from antiphon.main import run
from antiphon_conformance import check
from antiphon_conformance.options.reading import read_options
from antiphon_conformance.options.table import COMMAND, options_of
from antiphon_conformance.recordings.lint import dialect_of
from antiphon_conformance.report.badge import render
from antiphon_conformance.report.markdown import render as summary_of
from antiphon_conformance.report.model import compose
from antiphon_conformance.report.overview import overviews
from antiphon_conformance.verdict.baseline import Baseline, Entry
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import judge
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.profile import Weight, load_profile

pytest_plugins = ["pytester"]
MARKED = """
import pytest
from pathlib import Path

@pytest.mark.responses_mock(dialect="bud")
class TestOfBud:
    @pytest.mark.responses_mock(seed=3)
    def test_markers_add_up(self, responses_mock):
        assert (responses_mock.settings.dialect, responses_mock.settings.seed) == ("bud", 3)

@pytest.mark.responses_mock("openai")
def test_position(responses_mock): ...
@pytest.mark.responses_mock(seed=3)
def test_no_fixture(): ...
@pytest.mark.responses_mock(seed=3)
def test_session(responses_mock_server): ...
@pytest.mark.responses_mock(scripts=["one.yaml"])
def test_text_in_a_list(responses_mock): ...
def test_text(responses_mock): responses_mock.script("one.yaml")
def test_list(responses_mock): responses_mock.script([{"text": "x"}])
def test_no_file(responses_mock): responses_mock.script(Path("oen.yaml"))
"""


def test_each_mistake_with_the_fixture_is_an_error(pytester):
    pytester.makepyfile(MARKED)
    pytester.path.joinpath("one.yaml").write_text("answers:\n  - text: hi\n")
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    assert result.parseoutcomes() == {"passed": 1, "failed": 3, "errors": 4}
    for words in (
        "*TypeError: marker responses_mock: expected keyword arguments alone, got 'openai'",
        "*the marker responses_mock has no effect without the fixture responses_mock",
        "*without the fixture responses_mock: one server for all tests has those of *_mock_settings",
        "*scripts: expected a list of paths *, got 'one.yaml' in it; did you mean Path('one.yaml')[?]",
        "*script: expected a mapping, *, got 'one.yaml'; did you mean Path('one.yaml')[?]",
        "*script: expected a mapping, *; did you mean script([*]answers)[?]",
        "*oen.yaml: expected a YAML file, got no such file; did you mean 'one.yaml'[?]",
    ):
        result.stdout.fnmatch_lines([words])


def cassette(url):
    """A HAR file with one request to a URL, which nobody answered with an API."""
    body = {"mimeType": "text/html", "text": "<p>no</p>"}
    request = {"method": "POST", "url": url, "headers": [], "queryString": []}
    entry = {"request": request, "response": {"status": 200, "headers": [], "content": body}}
    return json.dumps({"log": {"entries": [entry]}})


@pytest.mark.parametrize(
    ("url", "dialect", "why"),
    [
        (
            "https://api.cloudglue.dev/v1/responses",
            "cloudglue",
            "whose vendor has the host api.cloudglue.dev",
        ),
        ("https://x.openai.azure.com/openai/v1/responses", "azure", "whose vendor has the host x.openai.az"),
        ("https://api.openai.com/v1/responses", "openai", "whose vendor has the host api.openai.com"),
        ("https://example.com/v1/responses", "", "the default"),
    ],
)
def test_the_host_of_a_vendor_chooses_the_dialect(tmp_path, url, dialect, why):
    file = tmp_path / "traffic.har"
    file.write_text(cassette(url))
    name, reason = dialect_of(file)
    assert (name, reason[: len(why)]) == (dialect or "openai", why)
    values = {option.key: () if option.repeatable else option.default for option in options_of(COMMAND)}
    setup = read_options({**values, "target": url.removesuffix("/responses")}, COMMAND)
    assert setup.config.dialects == (dialect or "openresponses",)
    assert setup.why_dialect.startswith(why)
    assert read_options({**values, "dialect": "bud", "target": url}, COMMAND).why_dialect == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (cassette("https://example.com/style.css"), "1 unjudged: no operation of openai: POST /style.css"),
        ('{"log": {"entries": []}}', "not judged: no exchange was recorded"),
    ],
)
def test_lint_of_nothing_says_what_it_passed_over(tmp_path, capsys, text, words):
    (tmp_path / "a.har").write_text(text)
    assert run(["lint", str(tmp_path / "a.har")]) == 2
    out, err = capsys.readouterr()
    assert words in out
    assert "judged by openai, the default; --dialect NAME judges by another" in err


@pytest.mark.parametrize(
    ("command", "line", "words"),
    [
        ("lint", '{"report": 1, "facts": {}}', "got the records of a report; its transcript.jsonl has the"),
        ("report", '{"run": {}}', "expected a report.jsonl, got a transcript; `antiphon lint` judges it"),
    ],
)
def test_a_report_is_no_recording_and_no_recording_a_report(tmp_path, capsys, command, line, words):
    (tmp_path / "a.jsonl").write_text(line + "\n")
    assert run([command, str(tmp_path / "a.jsonl"), *(["--to", "html"] if command == "report" else [])]) == 3
    assert words in " ".join(capsys.readouterr().err.split())


async def site(scope, receive, send):
    """A web site at every path."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/html"), (b"content-length", b"9")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"<p>no</p>"})


def test_a_run_of_nothing_says_only_why():
    report = compose(check(site, dialect="openai", properties=False))
    (overview,) = overviews(report)
    assert overview.is_blank
    assert (overview.faults, overview.capabilities, overview.answers) == ((), (), [])
    text = summary_of(report)
    assert text.count("is the URL right?") == 1
    assert "Fix first" not in text


APP = make_app(Settings(dialect="openai", mutants=("body.forgets-the-input-in-the-total",)))


def test_a_baseline_that_excuses_what_breaks_clients_says_so_in_each_headline():
    result = check(APP, dialect="openai", properties=False, rules=["usage.total-is-the-sum"])
    entries = Baseline((Entry("usage.total-is-the-sum", "soon"),))
    report = compose(judge(result.runs, Gate(load_profile(), entries)))
    (overview,) = overviews(report)
    assert "the baseline accepts 1 failing rule, 1 of them can break clients" in overview.headline
    assert "the baseline accepts 1 failing rule, 1 of them can break clients" in summary_of(report)
    assert json.loads(render(report))["message"] != "conformant"


def test_what_one_fault_kept_from_looking_needs_no_entry_of_its_own():
    told = Record("a.b", "R", ("R",), "MUST", "openai", "s", Outcome.FAILED, weight=Weight.FAIL)
    note = "nothing is known, as a.b reports"
    kept = Record("c.d", "R", ("R",), "MUST", "openai", "s", Outcome.UNTESTABLE, (), note, Weight.FAIL)
    update = Baseline().updated([told, kept], [told, kept], "2026-11-30")
    assert [entry.rule for entry in update.entries] == ["a.b"]
    assert update.reason(kept) is not None


@pytest.mark.parametrize("feature", ["background", "compact", "logprobs", "tools", "structured", "chain"])
def test_a_feature_that_is_declared_absent_is_not_judged(feature):
    report = compose(check(APP, dialect="openai", properties=False, features=[f"no-{feature}"]))
    (overview,) = overviews(report)
    assert {row.row.name: row.state for row in overview.capabilities}[feature] == "not offered"
