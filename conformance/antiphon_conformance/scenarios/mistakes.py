"""Every mistake that the table knows, made once: one request each, otherwise right."""

from __future__ import annotations

from contextlib import suppress

from antiphon_conformance.mistake import with_mistake
from antiphon_conformance.mistakes import examples
from antiphon_conformance.plain import NothingGiven
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk
from antiphon_spec.dialect import Dialect


@scenario(dialect="openai", from_table=True)
async def mistakes_in_openai(talk: Talk) -> None:
    """Makes every mistake that the openai dialect knows."""
    await _make(talk, talk.dialect)


@scenario(dialect="openresponses", from_table=True)
async def mistakes_in_openresponses(talk: Talk) -> None:
    """Makes every mistake that the openresponses dialect knows."""
    await _make(talk, talk.dialect)


@scenario(dialect="cloudglue", from_table=True)
async def mistakes_in_cloudglue(talk: Talk) -> None:
    """Makes every mistake that the cloudglue dialect knows."""
    await _make(talk, talk.dialect)


@scenario(dialect="bud", from_table=True)
async def mistakes_in_bud(talk: Talk) -> None:
    """Makes every mistake that the bud dialect knows."""
    await _make(talk, talk.dialect)


async def _make(talk: Talk, dialect: Dialect) -> None:
    for name, operation, wrong in examples(dialect):
        path = dialect.document.operations[operation].path
        usual = talk.plain(operation)
        with suppress(NothingGiven):  # of what the target does not hold nothing can be asked
            body = with_mistake(usual, wrong, dialect, talk.values)
            await talk.post(name, path, body=body)
