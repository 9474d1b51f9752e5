"""The pages of reports in a real browser: search, filters, findings, the timeline, dark, narrow, print."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from answers import Scripted
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import compose
from antiphon_conformance.run import Order, examine
from inprocess import examined

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need `playwright`")
axe_api = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="they need `axe-playwright-python`"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MUTANTS = ("events.repeats-a-sequence-number", "body.forgets-the-input-in-the-total")
WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
SCRIPT = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A report, a comparison, and the report of a server that sends scripts."""
    where = tmp_path_factory.mktemp("pages")
    report = compose(examined("openai", *MUTANTS, properties=False), transcript=folder.TRANSCRIPT)
    later = replace(report, facts={**report.facts, "started": 1.0})
    hostile = examine(
        Order("http://t/v1", ("openai",), properties=False),
        transport=Scripted(lambda _: (200, {"id": SCRIPT, "object": SCRIPT, "output": [{"type": SCRIPT}]})),
    )
    told = {"report": (report,), "compare": (report, later), "hostile": (compose(hostile),)}
    for name, reports in told.items():
        (where / f"{name}.html").write_text(folder.render("html", *reports), encoding="utf-8")
    return where


@pytest.fixture(scope="module")
def browser(pages):
    """After the pages: what drives the browser keeps the event loop of this thread for itself."""
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def opened(browser, pages):
    """Opens a page, and holds in the end that the browser had nothing to complain about."""
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


def shown(page, selector="details.finding"):
    return page.locator(f"{selector}:visible")


def test_the_first_screen_says_what_matters(opened):
    page = opened()
    screen = page.locator(".verdict").first
    assert screen.inner_text().startswith("Not conformant: ")
    assert screen.bounding_box()["y"] < WIDE["height"]
    assert [term.inner_text() for term in page.locator(".number dt").all()] == [
        "Coverage",
        "Conformance",
        "Capability",
    ]
    assert "antiphon 0" in page.locator(".facts").inner_text()


def test_search_by_keyboard(opened):
    page = opened()
    every = shown(page).count()
    page.keyboard.press("/")
    page.keyboard.type("total sum")
    assert 0 < shown(page).count() < every
    assert page.locator("#shown").inner_text() == f"{shown(page).count()} findings shown"
    page.keyboard.press("Escape")
    assert shown(page).count() == every


def test_filters_by_keyboard(opened):
    page = opened()
    button = page.locator("button[data-outcome=failed]")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    assert shown(page, "details.finding[data-entry=failed]").count() == 0
    page.keyboard.press("Space")
    assert shown(page, "details.finding[data-entry=failed]").count() > 0


def test_a_finding_opens_by_keyboard_and_shows_its_evidence(opened):
    page = opened()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    finding = page.locator("details.finding[open]")
    assert finding.count() == 1
    text = finding.inner_text()
    for part in ("requirement", "where", "expected", "got", "traffic", "curl -sS", "antiphon lint", "--rule"):
        assert part in text
    assert finding.locator("mark").count() >= 2


def test_the_timeline_marks_the_offending_event_in_its_lane(opened):
    page = opened()
    finding = page.locator("details.finding", has_text="stream-numbers.have-no-gaps").first
    finding.locator("summary").click()
    lanes = finding.locator(".lanes")
    assert [row.inner_text() for row in lanes.locator("tbody th").all()][:2] == [
        "response",
        "item 0 (message)",
    ]
    assert lanes.locator(".step.hit").count() == 1
    assert lanes.locator(".step.hit").inner_text().startswith("✗")


@pytest.mark.parametrize("name", ["report", "compare"])
def test_a_narrow_screen_needs_no_sideways_scrolling(opened, name):
    page = opened(name, viewport=NARROW)
    for summary in page.locator("details > summary").all()[:3]:
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_dark_mode_is_dark(opened):
    colour = "getComputedStyle(document.body).backgroundColor"
    assert opened().evaluate(colour) == "rgb(251, 250, 247)"
    assert opened(color_scheme="dark").evaluate(colour) == "rgb(20, 23, 28)"


def test_print_opens_what_is_folded(opened):
    page = opened()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator(".tools").is_hidden()


@pytest.mark.parametrize(("name", "scheme"), [("report", "light"), ("report", "dark"), ("compare", "light")])
def test_no_serious_barrier(opened, browser, pages, name, scheme):
    """By axe-core, which has to run its own script on the page."""
    context = browser.new_context(viewport=WIDE, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto((pages / f"{name}.html").as_uri())
    for summary in page.locator("details > summary").all()[:4]:
        summary.click()
    found = axe_api.Axe().run(page).response["violations"]
    context.close()
    assert [
        (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")
    ] == []


def test_what_a_server_sends_is_never_run(opened):
    page = opened("hostile")
    page.locator("details.finding > summary").first.click()
    assert page.title() == "Antiphon: http://t/v1"
    assert page.locator("img").count() == 0
    assert "<script>document.title" in page.locator("main").text_content()


def test_a_comparison_is_filtered_by_requirement(opened):
    page = opened("compare")
    page.keyboard.press("/")
    page.keyboard.type("ENV-09")
    assert shown(page, "tr[data-entry]").count() == 1
