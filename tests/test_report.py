"""Reports: every format has the same content, no secrets and no hostile text, and can be rendered again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from click.testing import CliRunner

from antiphon.commands.lint import lint
from antiphon.commands.report import report as report_command
from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Headers, Request
from antiphon_conformance.recordings import reader, transcript
from antiphon_conformance.report import curl, folder, html, records, terminal
from antiphon_conformance.report.model import compose, rows
from antiphon_conformance.report.overview import overviews
from antiphon_conformance.run import RunConfig, perform, run
from antiphon_conformance.verdict.baseline import Baseline, Entry
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.result import judge
from antiphon_conformance.verdict.verdict import Exit
from antiphon_spec import dialect as dialects
from antiphon_spec.profile import Weight
from scripted_transport import ScriptedTransport, response

COLOURS = re.compile(r"\x1b\[[0-9;]+m")
KEY = "sk-planted-4711"
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
    "properties": {"level": {"enum": ["none", "note", "warning", "error"]}, "message": TEXT},
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"items": {"required": ["tool"], "properties": {"results": {"items": RESULT}}}},
    },
}
"""The part of the SARIF 2.1.0 schema on the members that we write."""
HOSTILE = f"<script>alert(1)</script> \x1b[31m \u202e | `x` {KEY}"
FILES = {"report.jsonl", "transcript.jsonl", "digests.json"} | {
    name for *_, name in folder.RENDERERS.values()
}


def hostile(request):
    """A server that answers with a text that must not be printed."""
    if not request.path.startswith("/responses"):
        return 404, {"error": {"message": HOSTILE}}
    return 200, response(
        status=HOSTILE, error={"message": HOSTILE}, output=[{"type": HOSTILE, "id": HOSTILE}]
    )


@cache
def run_hostile():
    config = RunConfig("http://target/v1", ("openresponses", "openai"), api_key=KEY, properties=False)
    return perform(config, transport=ScriptedTransport(hostile))


@cache
def compose_hostile():
    return compose(judge([run_hostile()]), folder.TRANSCRIPT)


@pytest.fixture(scope="module")
def folder_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("report")
    folder.write(path, compose_hostile(), [run_hostile()], [KEY])
    return path


def test_a_folder_holds_every_form(folder_path):
    assert {path.name for path in folder_path.iterdir()} == FILES


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_form_repeats_a_secret_or_a_control_character(folder_path, name):
    text = (folder_path / name).read_text(encoding="utf-8")
    assert KEY not in text
    assert "\x1b" not in text
    if name != "transcript.jsonl":
        assert "\u202e" not in text


def test_a_report_can_be_read_back_and_rendered_to_the_same_bytes(folder_path):
    again = records.read(folder_path / "report.jsonl")
    assert again.records == compose_hostile().records
    assert again.status == compose_hostile().status
    for form, (*_, name) in folder.RENDERERS.items():
        assert folder.render(form, again) == (folder_path / name).read_text(encoding="utf-8")


def test_the_transcript_is_judged_to_the_same_verdicts(folder_path):
    traces = reader.load(folder_path / "transcript.jsonl").traces
    for name in ("openresponses", "openai"):
        again = engine.judge(traces, dialects.load(name))
        assert again == [record for record in compose_hostile().records if record.dialect == name]


def test_records_have_what_readers_rely_on(folder_path):
    lines = [json.loads(line) for line in (folder_path / "report.jsonl").read_text().splitlines()]
    assert lines[0]["facts"]["target"] == "http://target/v1"
    assert lines[-1]["footer"]["status"] == 1
    entries = [line for line in lines if "rule" in line]
    assert len(entries) == len(compose_hostile().records)
    for line in entries:
        assert line.keys() >= {
            "rule",
            "requirement",
            "authority",
            "kind",
            "profile",
            "scenario",
            "outcome",
            "findings",
        }
        for finding in line["findings"]:
            assert finding.keys() >= {"where", "expected", "got", "message", "exchange"}


@pytest.mark.parametrize("line_count", [0, -1], ids=["no lines", "no footer"])
def test_a_report_without_a_footer_is_rejected(folder_path, tmp_path, line_count):
    path = tmp_path / "report.jsonl"
    lines = (folder_path / "report.jsonl").read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:line_count]))
    with pytest.raises(records.ReportError):
        records.read(path)


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_is_self_contained_and_escapes_text_of_the_target(folder_path):
    page = Page((folder_path / "report.html").read_text(encoding="utf-8"))
    names = {tag for tag, _ in page.tags}
    assert not names & {"img", "link", "iframe", "object"}
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert all(attributes["href"].startswith("#") for tag, attributes in page.tags if tag == "a")
    text = "".join(page.words)
    assert "<script>alert(1)</script>" in text
    assert "http://target/v1" in text
    assert "antiphon lint transcript.jsonl --dialect openai" in text
    assert "curl -sS" in text


def test_the_policy_of_the_page_lets_its_own_script_run_and_no_other(folder_path):
    text = (folder_path / "report.html").read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text


def test_the_page_has_no_id_twice_and_names_each_failed_rule(folder_path):
    text = (folder_path / "report.html").read_text(encoding="utf-8")
    ids = [attributes["id"] for _, attributes in Page(text).tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 2
    failed_rules = {record.rule for record in compose_hostile().records if record.outcome is Outcome.FAILED}
    assert len(failed_rules) > 20
    assert {rule for rule in failed_rules if rule not in text} == set()


def test_the_junit_file_has_a_case_for_each_cause_and_names_what_fails(folder_path):
    root = ElementTree.parse(folder_path / "junit.xml").getroot()
    for suite, overview in zip(root, overviews(compose_hostile()), strict=True):
        failing = sum(fault.fails for fault in (*overview.faults, *overview.lenient, *overview.habits))
        assert suite.get("name") == f"antiphon.{overview.name}"
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert suite.find("properties/property[@name='profile']").get("value") == "compatible"
        assert suite.find("properties/property[@name='answer']").get("value") == overview.answer
        assert int(suite.get("failures")) == failing == len(suite.findall("*/failure"))
        assert overview.faults[0].title in suite.find("testcase").get("name")


def test_the_badge(folder_path):
    badge = json.loads((folder_path / "badge.json").read_text())
    assert badge["label"] == f"{dialects.load('openresponses').title} (compatible)"
    assert re.fullmatch(r"not conformant, \d+ causes", badge["message"])
    assert badge["color"] == "red"


def test_the_picture_of_the_badge_says_the_same(folder_path):
    root = ElementTree.parse(folder_path / "badge.svg").getroot()
    badge = json.loads((folder_path / "badge.json").read_text())
    assert root.get("aria-label") == f"{badge['label']}: {badge['message']}"
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == [
        badge[name] for name in ("label", "message")
    ]


def test_sarif_has_a_run_for_each_dialect_and_a_result_for_each_root_cause(folder_path):
    log = json.loads((folder_path / "report.sarif").read_text())
    jsonschema_rs.validator_for(SARIF).validate(log)
    assert [run["automationDetails"]["id"] for run in log["runs"]] == [
        "antiphon/openresponses/",
        "antiphon/openai/",
    ]
    for part in log["runs"]:
        rules = [rule["id"] for rule in part["tool"]["driver"]["rules"]]
        assert part["results"]
        assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in part["results"])
        prints = [result["partialFingerprints"]["antiphon/v2"] for result in part["results"]]
        assert len(prints) == len(set(prints))


def accepting(*outcomes, reason):
    """The report of the hostile server with a baseline that accepts these outcomes."""
    keys = {
        (record.rule, record.dialect) for record in compose_hostile().records if record.outcome in outcomes
    }
    entries = tuple(Entry(rule, reason, dialect=dialect) for rule, dialect in sorted(keys))
    return compose(judge([run_hostile()], Gate(baseline=Baseline(entries))))


def test_sarif_suppresses_known_failures():
    report = accepting(Outcome.FAILED, Outcome.UNTESTABLE, reason="soon")
    results = [row for part in json.loads(folder.render("sarif", report))["runs"] for row in part["results"]]
    errors = [row for row in results if row["level"] == "error"]
    assert errors
    assert all(row["suppressions"] == [{"kind": "external", "justification": "soon"}] for row in errors)


def test_a_badge_with_a_baseline_that_hides_what_breaks_clients_is_not_green():
    badge = json.loads(folder.render("badge", accepting(Outcome.FAILED, Outcome.UNTESTABLE, reason="soon")))
    assert re.fullmatch(r"conformant, \d+/\d+, \d+ accepted \(\d+ can break clients\)", badge["message"])
    assert badge["color"] == "orange"


def test_the_summary_escapes_markdown(folder_path):
    text = (folder_path / "summary.md").read_text(encoding="utf-8")
    assert "<script>" not in re.sub(r"(`+) ?.*? ?\1(?!`)", "", text)
    assert "not conformant" in text


def test_the_terminal_shows_failures_and_no_escape_sequence():
    text = COLOURS.sub("", "\n".join(terminal.lines(compose_hostile(), 200)))
    assert "· OpenAI Responses API 2.3.0 · profile compatible" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_of_a_screen_is_broken_at_a_wrong_place(width):
    shown = COLOURS.sub("", "\n".join(terminal.lines(compose_hostile(), width))).splitlines()
    assert max(map(len, shown)) <= width
    assert not [line for line in shown if line.lstrip().startswith("·")], "a fact begins with its separator"
    assert not [line for line in shown if re.search(r"--[a-z-]+ \\$", line)], "an option without its value"


def test_a_known_failure_is_shown_and_does_not_fail():
    report = accepting(Outcome.FAILED, Outcome.UNTESTABLE, reason="known <b>")
    assert report.status == Exit.CONFORMANT
    assert "known &lt;b&gt;" in folder.render("html", report)
    assert "### Accepted failures" in folder.render("markdown", report)


def test_a_row_weighs_its_findings_by_its_own_weight():
    dialect = dialects.load("openai")
    for row in rows(compose_hostile(), dialect):
        if row.weight is not Weight.FAIL:
            assert row.outcome is not Outcome.FAILED
        assert (row.state == "off") is (row.weight is Weight.OFF and row.requirement.tested)


def test_a_target_that_never_answered_is_not_judged():
    report = run(RunConfig("http://target/v1"), transport=ScriptedTransport(lambda request: None))
    assert report.status == Exit.NOT_JUDGED
    assert "never answered: connection refused" in report.verdicts["openresponses"].why
    assert not any(record.outcome is Outcome.PASSED for record in report.records)


def test_lint_of_a_transcript_without_an_answer_is_not_judged_either(tmp_path):
    run_result = perform(RunConfig("http://target/v1"), transport=ScriptedTransport(lambda request: None))
    path = tmp_path / "transcript.jsonl"
    path.write_bytes(b"".join(transcript.lines(run_result.metadata, run_result.traces)))
    assert CliRunner().invoke(lint, [str(path)], standalone_mode=False).return_value == 2


def test_a_target_that_rejects_credentials_is_not_judged():
    report = run(RunConfig("http://target/v1"), transport=ScriptedTransport(lambda request: (401, {})))
    assert report.status == Exit.NOT_JUDGED
    assert "rejected our credentials" in report.verdicts["openresponses"].why


CREATE = Request("POST", "/responses", Headers((("content-type", "application/json"),)), {"input": "it's"})
QUOTED = """--data-binary '{"input":"it'"'"'s"}'"""
KEPT = Headers((("Authorization", "REDACTED"),))


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (CREATE, """-X POST http://h/responses -H 'content-type: application/json' """ + QUOTED),
        (Request("GET", "/responses/r?stream=true"), "'http://h/responses/r?stream=true'"),
        (Request("POST", "/r", raw=b"\x00'\n"), "--data-binary $'\\x00\\'\\x0a'"),
        (
            Request("GET", "/r", KEPT),
            '-H "Authorization: Bearer $API_KEY"',
        ),
        (Request("POST", "/r", raw=b"a" * 5000), "--data-binary @body-of-5000-bytes"),
    ],
)
def test_a_curl_line_repeats_a_request(request_, line):
    assert curl.command(request_, "http://h").endswith(line)


def test_the_command_renders_a_report_again(folder_path):
    result = CliRunner().invoke(report_command, [str(folder_path / "report.jsonl"), "--to", "markdown"])
    assert result.output == (folder_path / "summary.md").read_text(encoding="utf-8")


def test_several_results_become_one_junit_file(folder_path):
    result = str(folder_path / "report.jsonl")
    text = CliRunner().invoke(report_command, [result, result, "--to", "junit"]).output
    assert len(ElementTree.fromstring(text)) == 4


def test_lint_of_a_transcript_gives_the_same_outcomes_as_json(folder_path):
    command = [str(folder_path / "transcript.jsonl"), "--dialect", "openai", "--format", "json"]
    result = CliRunner().invoke(lint, command, standalone_mode=False)
    entries = json.loads(result.output)
    assert result.return_value == 1
    expected = [record for record in compose_hostile().records if record.dialect == "openai"]
    assert [(record["rule"], record["outcome"]) for record in entries] == [
        (record.rule, record.outcome) for record in expected
    ]


def test_backticks_become_code_and_everything_else_stays_text():
    assert html.prose("`a` < `b<c>` & ``") == "<code>a</code> &lt; <code>b&lt;c&gt;</code> &amp; ``"
