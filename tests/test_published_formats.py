"""The outputs by the parsers of others: SARIF by its schema, JUnit by that of Jenkins, HTML by the standard.

The model of SARIF is made of the schema of OASIS (package `pydantic-sarif`). The table of JUnit says what the
schema of Jenkins allows (xunit-plugin, `junit-10.xsd`).
"""

from __future__ import annotations

from functools import cache
from itertools import cycle
from xml.etree import ElementTree

import pytest

from hidden_keys import exchange_with, outputs_of
from test_inert import TEXTS

COUNTS = ("tests", "failures", "errors")
RESULT = (frozenset(), frozenset({"type", "message"}), frozenset())
JENKINS = {
    "testsuites": (frozenset(), frozenset({"name", "time", *COUNTS}), frozenset({"testsuite"})),
    "testsuite": (
        frozenset({"name", *COUNTS}),
        frozenset(
            {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"}
        ),
        frozenset({"testsuite", "properties", "testcase", "system-out", "system-err"}),
    ),
    "properties": (frozenset(), frozenset(), frozenset({"property"})),
    "property": (frozenset({"name", "value"}), frozenset(), frozenset()),
    "testcase": (
        frozenset({"name"}),
        frozenset({"time", "classname", "group"}),
        frozenset({"skipped", "error", "failure", "system-out", "system-err"}),
    ),
    **dict.fromkeys(("skipped", "error", "failure"), RESULT),
}
"""What an element has: attributes that it must have, others that it may have, and elements."""
RESULTS, COUNTED = ("failure", "error", "skipped"), ("tests", "failures", "errors", "skipped")
PLACES = ("a response", "the type of an event", "an error")
HTML = ("HTML", "entities", "the end of a CDATA section", "characters that XML has not", "turned text")


@cache
def outputs(place: str, text: str) -> dict[str, str]:
    """What is written about an answer with a text at a place."""
    return outputs_of(exchange_with("", place, text))


cases = pytest.mark.parametrize(("name", "place"), [*zip(TEXTS, cycle(PLACES), strict=False)])


@cases
def test_sarif_is_valid(name: str, place: str) -> None:
    model = pytest.importorskip("pydantic_sarif.model", reason="pydantic-sarif is not installed")
    log_of = model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json
    log = log_of(outputs(place, TEXTS[name])["report.sarif"])
    assert log.runs[0].results


@cases
def test_junit_is_what_jenkins_reads(name: str, place: str) -> None:
    root = ElementTree.fromstring(outputs(place, TEXTS[name])["junit.xml"])
    for element in root.iter():
        required, optional, inner = JENKINS[element.tag]
        assert required <= set(element.attrib) <= required | optional
        assert {child.tag for child in element} <= inner
    for suite in root:
        found = [suite.findall("testcase"), *(suite.findall(f"testcase/{kind}") for kind in RESULTS)]
        assert [len(elements) for elements in found] == [int(suite.attrib[name]) for name in COUNTED]


@pytest.mark.parametrize("name", HTML)
def test_the_page_has_no_error_of_syntax(name: str) -> None:
    html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
    parser = html5lib.HTMLParser()
    parser.parse(outputs("a response", TEXTS[name])["report.html"])
    assert [(place, code) for place, code, _ in parser.errors] == []
