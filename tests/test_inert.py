"""Text from a target does nothing in any output: it is neither markup nor a command, a link or a mention."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from hidden_keys import exchange_with, outputs_of

TEXTS = {
    "a workflow command": "::set-output name=x::pwned",
    "a workflow command after a space": "bad key ::error file=a.py,line=1::pwned",
    "an older workflow command": "oops ##[add-mask]pwned",
    "a command of Azure": "oops ##vso[task.setvariable variable=x]pwned",
    "a command of TeamCity": "##teamcity[buildStatus text='pwned']",
    "commands in lines": "a\n::add-mask::x\r\n##[group]pwned\u2028::debug::x",
    "an address": "see https://evil.example/pwned or http://evil.example",
    "an address without a scheme": "see www.evil.example/pwned",
    "an address of mail": "ask pwned@evil.example, mailto:pwned@evil.example or xmpp:pwned@evil.example",
    "a mention": "thanks @pwned, and @org/pwned",
    "a reference": "fixes #123 and org/repo#45 and GH-678",
    "a link": "[pwned](https://evil.example) and [x][y] and [z]: //evil.example",
    "a relative link": "[pwned](1) and [pwned](javascript:alert(1))",
    "an image": "![pwned](https://evil.example/x.png)",
    "HTML": "<img src=x onerror=alert(1)><script>alert(1)</script></code></details><h1>pwned",
    "entities": "&lt;img src=x&gt; &#60;script&#62;",
    "an autolink": "<https://evil.example> <pwned@evil.example>",
    "emphasis": "**bold** _it_ ~~gone~~ `code` ``` $x^2$ [^1] :x:",
    "a heading": "# pwned\n\n## pwned\n---\n===",
    "a list": "1. pwned\n- pwned\n+ [ ] pwned",
    "a table": "| a | b |\n| --- | --- |\n| pwned | x |",
    "colours of a terminal": "\x1b[31mred"
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07pwned\x1b]8;;\x07 \x9b31m \x9d0;x\x9c",
    "a title and a bell": "\x1b]0;pwned\x07\x08\x08\x7f\x00",
    "turned text": "\u202epwned\u202c \u2066x\u2069 \u200f\u061c",
    "the end of a CDATA section": "]]><pwned/><![CDATA[ <?x?> <!-- --> &pwned;",
    "characters that XML has not": "\x00\x01\x0b\ufffe\uffff",
    "a formula": "=HYPERLINK(1) +cmd|' /C calc'!A0 @SUM(1)",
}
INNOCENT = "the key is wrong"
PLACES = ("a response", "the type of an event")
COMMAND = re.compile(r"^\W*?::[a-z]|##(?:\[|vso\[|teamcity\[)", re.IGNORECASE | re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[\d;]*m")
FILES = (
    "summary.md",
    "report.html",
    "junit.xml",
    "report.sarif",
    "report.jsonl",
    "screen",
    "transcript",
    "lint",
)


@cache
def outputs(place: str, text: str) -> dict[str, str]:
    """What is written about an answer with a text at a place."""
    return outputs_of(exchange_with("", place, text))


cases = pytest.mark.parametrize(("place", "name"), [(place, name) for place in PLACES for name in TEXTS])


class Tags(HTMLParser):
    """The elements of a page with their attributes, and its texts outside code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.texts: list[str] = []
        self._codes = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[f"{tag} {' '.join(sorted(name for name, _ in attrs))}".strip()] += 1
        self._codes += tag in ("code", "pre", "script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._codes -= tag in ("code", "pre", "script", "style")

    def handle_data(self, data: str) -> None:
        if not self._codes:
            self.texts.append(data)


@cases
def test_no_output_holds_a_command_of_a_build_server(place: str, name: str) -> None:
    for output in FILES:
        text = COLOUR.sub("", outputs(place, TEXTS[name])[output])
        assert COMMAND.search(text) is None, output


@cases
def test_no_output_steers_a_terminal(place: str, name: str) -> None:
    for output in FILES:
        text = COLOUR.sub("", outputs(place, TEXTS[name])[output]) if output == "screen" else ""
        text = text or outputs(place, TEXTS[name])[output]
        odd = {
            letter for letter in text if unicodedata.category(letter) in ("Cc", "Zl", "Zp") and letter != "\n"
        }
        assert odd | {letter for letter in text if unicodedata.bidirectional(letter) in BIDI} == set(), output


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@cases
def test_markdown_shows_the_text_and_nothing_more(place: str, name: str) -> None:
    cmark = pytest.importorskip("cmarkgfm", reason="cmarkgfm is not installed")

    def read(text: str) -> Tags:
        options = cmark.cmark.Options.CMARK_OPT_UNSAFE | cmark.cmark.Options.CMARK_OPT_FOOTNOTES
        return Tags(cmark.github_flavored_markdown_to_html(outputs(place, text)["summary.md"], options))

    page, plain = read(TEXTS[name]), read(INNOCENT)
    allowed = {"code", "br", "li", "p", "details", "summary", "strong", "ul", "ol"}
    assert {tag for tag in page.tags if tag not in plain.tags} <= allowed
    assert page.tags["a href"] == plain.tags["a href"]
    assert page.tags["h1"] == plain.tags["h1"]
    linked = [text for text in page.texts if re.search(r"(?<!\w)@\w|#\d|GH-\d|://|www\.|\w@\w", text)]
    assert [text for text in linked if text not in plain.texts] == []


@cases
def test_the_page_has_no_element_of_the_target(place: str, name: str) -> None:
    page, plain = (Tags(outputs(place, text)["report.html"]) for text in (TEXTS[name], INNOCENT))
    assert {tag.partition(" ")[0] for tag in page.tags} <= {tag.partition(" ")[0] for tag in plain.tags} | {
        "mark"
    }
    assert not [tag for tag in page.tags if " on" in tag]
    assert page.tags["a href"] <= plain.tags["a href"] + 4
    assert page.tags["script"] == plain.tags["script"]


@cases
def test_junit_is_xml(place: str, name: str) -> None:
    root = ElementTree.fromstring(outputs(place, TEXTS[name])["junit.xml"])
    assert {node.tag for node in root.iter()} <= {
        *("testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped")
    }


@cases
def test_messages_of_sarif_have_no_links(place: str, name: str) -> None:
    log = json.loads(outputs(place, TEXTS[name])["report.sarif"])
    results = [result for run in log["runs"] for result in run["results"]]
    assert results
    for result in results:
        assert re.search(r"\]\(", result["message"]["text"]) is None
        assert set(result["message"]) == {"text"}


@pytest.mark.parametrize("place", PLACES)
def test_the_texts_do_reach_the_outputs(place: str) -> None:
    """Otherwise the tests above would hold of anything."""
    found = outputs(place, TEXTS["a mention"])
    assert [output for output in FILES if "pwned" not in found[output]] == []
