"""A static site of a folder of reports: history, badges, expiry; what cannot be verified is left out."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from antiphon.main import run
from antiphon_conformance.report import folder, site
from antiphon_conformance.report.model import compose
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.result import judge
from inprocess import run_suite

DAY = 86_400


@pytest.fixture(scope="module")
def whole_run():
    return run_suite("openai", "body.forgets-the-input-in-the-total", properties=False)


@pytest.fixture(scope="module")
def shelf(whole_run, tmp_path_factory):
    """A folder with two reports of one vendor, of which somebody edited the second."""
    path = tmp_path_factory.mktemp("shelf")
    report = compose(judge([whole_run], Gate(vendor="Acme <b>", note="acme serve")), folder.TRANSCRIPT)
    folder.write(path / "acme" / "2026-11-28", report, [whole_run])
    shutil.copytree(path / "acme" / "2026-11-28", path / "acme" / "2026-11-29")
    (path / "acme" / "2026-11-29" / "summary.md").write_text("all is well")
    return path


def test_the_command_leaves_out_what_it_rejects(shelf, tmp_path, capsys):
    assert run(["report", "--site", str(shelf), "-o", str(tmp_path)]) == 1
    output = capsys.readouterr().out
    assert "rejected: " in output
    assert "verified: " in output
    index = (tmp_path / "index.html").read_text()
    assert 'href="acme-b/index.html"' in index
    assert "Streaming a response" in index
    assert "judged again, the same" in index
    page = (tmp_path / "acme-b" / "index.html").read_text()
    assert "acme serve" in page
    assert "<svg" in page
    assert "<b>" not in page + index
    assert len(list((tmp_path / "acme-b").glob("*.html"))) == 2


def test_without_a_folder_for_the_site_it_says_so(shelf, capsys):
    assert run(["report", "--site", str(shelf)]) == 3
    assert "expected -o FOLDER" in capsys.readouterr().err


def test_an_old_report_is_shown_as_expired_and_stays_as_history(whole_run, tmp_path):
    report = compose(judge([whole_run], Gate(vendor="Acme")), folder.TRANSCRIPT)
    entries = [
        site.SiteEntry(
            tmp_path, replace(report, metadata={**report.metadata, "started": day * DAY}), "verified"
        )
        for day in (1, 300)
    ]
    site.write(tmp_path, entries, now=301 * DAY)
    page = (tmp_path / "acme" / "index.html").read_text()
    assert "1970-07-01" in page
    assert page.count("expired") == 1
    assert "from 1970-01-02 to 1970-10-28" in page
    site.write(tmp_path, entries, now=900 * DAY)
    assert "expired" in (tmp_path / "index.html").read_text()
