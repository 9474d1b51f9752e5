"""The pages of reports in a real browser: search, filters, findings, the timeline, dark, narrow, print."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import pytest

from antiphon_conformance.report import folder
from antiphon_conformance.report.model import compose
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.verdict.result import judge
from inprocess import run_suite
from scripted_transport import ScriptedTransport

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need `playwright`")
axe_api = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="they need `axe-playwright-python`"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MUTANTS = (
    "events.repeats-a-sequence-number",
    "body.forgets-the-input-in-the-total",
    "events.changes-the-text-in-the-last-event",
)
WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
SCRIPT = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A report, a comparison, and the report of a server that sends scripts."""
    where = tmp_path_factory.mktemp("pages")
    report = compose(judge([run_suite("openai", *MUTANTS, properties=False)]), folder.TRANSCRIPT)
    later = replace(report, metadata={**report.metadata, "started": 1.0})
    hostile = perform(
        RunConfig("http://t/v1", ("openai",), properties=False),
        transport=ScriptedTransport(
            lambda request: (
                (200, {"id": SCRIPT, "object": SCRIPT, "output": [{"type": SCRIPT}]})
                if request.path.endswith("/responses")
                else (404, {"detail": SCRIPT})
            )
        ),
    )
    reports_by_name = {
        "report": (report,),
        "compare": (report, later),
        "hostile": (compose(judge([hostile])),),
    }
    for name, reports in reports_by_name.items():
        (where / f"{name}.html").write_text(folder.render("html", *reports), encoding="utf-8")
    return where


@pytest.fixture(scope="module")
def browser(pages):
    """Starts after the pages, because Playwright keeps the event loop of this thread."""
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, pages):
    """Opens pages; checks at the end that the browser reported no error."""
    complaints, contexts = [], []

    def open_page(name="report", **how):
        context = browser.new_context(**({"viewport": WIDE} | how))
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith("file:") else complaints.append(request.url),
        )
        page.goto((pages / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def visible(page, selector="details.finding"):
    return page.locator(f"{selector}:visible")


def test_the_first_screen_says_what_matters(open_page):
    page = open_page()
    screen = page.locator(".verdict").first
    assert screen.inner_text().startswith("Not conformant: ")
    assert screen.bounding_box()["y"] < WIDE["height"]
    words = screen.locator("dt").all_inner_texts()
    assert words[0].endswith("works")
    assert "broken" in " ".join(words)
    assert page.locator(".next li").count() == 3
    assert "antiphon 0" in page.locator(".facts").inner_text()


def test_summary_rows_tell_each_other_apart(open_page):
    page = open_page()
    rows = page.locator("details.finding > summary .title").all_text_contents()
    assert len(rows) > 3
    assert len(set(rows)) == len(rows)
    first = page.locator("details.finding > summary").first.inner_text()
    assert "break" in first
    assert re.search(r"in \d+ (of \d+ streams?|exchanges?)", first)


def test_a_page_has_few_rows(open_page):
    assert open_page().locator("tr, li, details").count() < 200


def test_search_by_keyboard(open_page):
    page = open_page()
    every = visible(page).count()
    page.keyboard.press("/")
    page.keyboard.type("total sum")
    assert 0 < visible(page).count() < every
    assert page.locator("#shown").inner_text().partition(" ")[0] == str(visible(page).count())
    page.keyboard.press("Escape")
    assert page.locator("details.finding[hidden]").count() == 0


@pytest.mark.parametrize("name", ["kind", "client", "feature"])
def test_filters(open_page, name):
    page = open_page()
    choice = page.locator(f"select[data-filter={name}]")
    value = choice.locator("option").nth(1).get_attribute("value")
    choice.select_option(value)
    shown = [row.get_attribute(f"data-{name}").split() for row in visible(page).all()]
    assert shown
    assert all(value in words for words in shown)
    assert page.locator("details.finding[hidden]").count() > 0


def test_what_is_lenient_is_one_folded_block(open_page):
    page = open_page("hostile")
    block = page.locator("details.group", has_text="Too lenient")
    assert block.count() == 1
    assert block.get_attribute("open") is None
    assert visible(page, "details.group details.finding").count() == 0


def test_a_finding_opens_by_keyboard_and_shows_its_evidence(open_page):
    page = open_page()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    finding = page.locator("details.finding[open]")
    assert finding.count() == 1
    text = finding.inner_text()
    for part in (
        "the norm",
        "where",
        "expected",
        "got",
        "traffic",
        "antiphon check",
        "antiphon lint",
        "--rule",
    ):
        assert part in text
    assert "curl -sS" not in text
    finding.locator("details > summary").click()
    assert "curl -sS" in finding.inner_text()
    assert finding.locator("mark").count() >= 2


def test_the_timeline_marks_the_offending_event_in_its_lane(open_page):
    page = open_page()
    finding = page.locator("details.finding", has_text="stream-numbers.increase").first
    finding.locator("summary").first.click()
    lanes = finding.locator(".lanes")
    assert [row.inner_text() for row in lanes.locator("tbody th").all()][:2] == [
        "response",
        "item 0 (message)",
    ]
    assert lanes.locator(".step.hit").count() == 1
    assert lanes.locator(".step.hit").inner_text().startswith("✗")


@pytest.mark.parametrize("name", ["report", "compare"])
def test_a_narrow_screen_needs_no_sideways_scrolling(open_page, name):
    page = open_page(name, viewport=NARROW)
    for summary in page.locator("details > summary").all()[:3]:
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_dark_mode_is_dark(open_page):
    colour = "getComputedStyle(document.body).backgroundColor"
    assert open_page().evaluate(colour) == "rgb(251, 250, 247)"
    assert open_page(color_scheme="dark").evaluate(colour) == "rgb(20, 23, 28)"


def test_print_opens_what_is_folded(open_page):
    page = open_page()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator(".tools").is_hidden()


@pytest.mark.parametrize(("name", "scheme"), [("report", "light"), ("report", "dark"), ("compare", "light")])
def test_no_serious_barrier(open_page, browser, pages, name, scheme):
    """By axe-core, which has to run its own script on the page."""
    context = browser.new_context(viewport=WIDE, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto((pages / f"{name}.html").as_uri())
    for summary in page.locator("details > summary").all()[:4]:
        summary.click()
    violations = axe_api.Axe().run(page).response["violations"]
    context.close()
    assert [
        (violation["id"], violation["nodes"][0]["html"])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ] == []


def test_what_a_server_sends_is_never_run(open_page):
    page = open_page("hostile")
    page.locator("details.finding > summary").first.click()
    assert page.title() == "Antiphon: http://t/v1"
    assert page.locator("img").count() == 0
    assert "<script>document.title" in page.locator("main").text_content()


def test_a_comparison_is_filtered_by_requirement(open_page):
    page = open_page("compare")
    page.keyboard.press("/")
    page.keyboard.type("ENV-08")
    assert visible(page, "tr[data-entry]").count() == 1
