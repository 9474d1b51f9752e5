"""A static site from a folder of reports: an index with the matrix, and one page for each vendor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from markupsafe import Markup

from antiphon_conformance.report import badge, folder, html, records
from antiphon_conformance.report.compare import Comparison, compare, origin_of
from antiphon_conformance.report.model import Report, run_summary, title
from antiphon_conformance.report.overview import Overview, overviews
from antiphon_conformance.report.reproduce import commands, origins
from antiphon_spec.loading.construction import dataclass

LIFE = timedelta(days=180)
"""How long a report stands for its server: after that the index shows it as expired."""
VERIFIED, REJECTED = "verified", "rejected"
_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """One report of the folder."""

    place: Path
    report: Report
    check: str
    """What the verification said: `verified`, `not judged again` or `rejected`."""

    @property
    def started(self) -> float:
        """The start of the run as Unix time in seconds; 0 when unknown."""
        return float(self.report.metadata.get("started") or 0)

    @property
    def name(self) -> str:
        """The name of its page: the day and the time of the run."""
        return f"{datetime.fromtimestamp(self.started, UTC):%Y-%m-%d-%H%M%S}"

    @property
    def facts(self) -> list[str]:
        """The date, the size and the settings of the run."""
        return run_summary(self.report)

    @property
    def origin(self) -> str:
        """How much traffic there is, and whether others recorded it."""
        return origin_of(self.report)

    @property
    def check_title(self) -> str:
        """What was checked, in words."""
        return "judged again, the same" if self.check == VERIFIED else "traffic is not public"

    @property
    def views(self) -> list[Overview]:
        """The overview of each dialect."""
        return overviews(self.report)

    @property
    def expiry(self) -> str:
        """The day until which it stands for its server, `2027-05-27`."""
        return f"{datetime.fromtimestamp(self.started, UTC) + LIFE:%Y-%m-%d}"

    def is_expired(self, now: float) -> bool:
        """Whether its time is over at `now`, in Unix seconds."""
        return now > self.started + LIFE.total_seconds()


@dataclass(frozen=True, slots=True)
class Vendor:
    """Every report on the server of one vendor, the newest first."""

    name: str
    slug: str
    """The folder of its pages."""
    entries: tuple[SiteEntry, ...]

    @property
    def newest(self) -> SiteEntry:
        """The newest report."""
        return self.entries[0]

    @property
    def commands(self) -> list[str]:
        """The command lines that make the newest report again."""
        return commands(self.newest.report)

    @property
    def origins(self) -> list[str]:
        """The version, the sources and the transcripts behind the newest report."""
        return origins(self.newest.report)

    @property
    def comparisons(self) -> list[Comparison]:
        """Its runs side by side, by dialect."""
        return compare(entry.report for entry in self.entries)


def read(tree: Path, checks: Mapping[Path, str]) -> list[SiteEntry]:
    """The reports below a folder that were not rejected; `checks` says what the verification said of each.

    Raises ReportError for a report that cannot be read.
    """
    places = sorted({path.parent for path in tree.rglob(f"{folder.RECORDS}*")})
    return [
        SiteEntry(place, records.read(_records(place)), checks[place])
        for place in places
        if checks[place] != REJECTED
    ]


def write(target: Path, entries: Iterable[SiteEntry], now: float) -> list[Path]:
    """Writes the site into `target`; returns the paths of its pages. `now` is Unix time in seconds."""
    vendors = _vendors(entries)
    links = {vendor.name: f"{vendor.slug}/index.html" for vendor in vendors}
    comparisons = compare(vendor.newest.report for vendor in vendors)
    pages = {
        Path("index.html"): html.page(
            "site.html", vendors=vendors, comparisons=comparisons, links=links, now=now
        )
    }
    for vendor in vendors:
        place = Path(vendor.slug)
        picture = badge.render_svg(vendor.newest.report)
        pages[place / "badge.svg"] = picture
        pages[place / "index.html"] = html.page(
            "vendor.html",
            vendor=vendor,
            now=now,
            picture=Markup(picture),  # noqa: S704 - a picture of ours, its texts escaped
        )
        for entry in vendor.entries:
            pages[place / f"{entry.name}.html"] = html.render(entry.report)
    for path, text in pages.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8", errors="backslashreplace")
    return [target / path for path in pages]


def _records(place: Path) -> Path:
    archive = place / f"{folder.RECORDS}.gz"
    return archive if archive.exists() else place / folder.RECORDS


def _vendors(entries: Iterable[SiteEntry]) -> list[Vendor]:
    by_name: dict[str, list[SiteEntry]] = {}
    for entry in entries:
        by_name.setdefault(title(entry.report), []).append(entry)
    vendors: list[Vendor] = []
    for name in sorted(by_name, key=str.lower):
        rows = sorted(by_name[name], key=lambda entry: -entry.started)
        vendors.append(Vendor(name, _slug(name, vendors), tuple(rows)))
    return vendors


def _slug(name: str, others: Sequence[Vendor]) -> str:
    """A name for a folder, unlike those of the others."""
    base = _UNSAFE.sub("-", name.lower()).strip("-")[:60] or "server"
    slugs = {vendor.slug for vendor in others}
    number = 2
    slug = base
    while slug in slugs:
        slug, number = f"{base}-{number}", number + 1
    return slug
