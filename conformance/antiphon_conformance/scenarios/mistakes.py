"""Every mistake that the table knows, made once: one request each, otherwise right."""

from __future__ import annotations

from antiphon_conformance.mistakes import examples
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk
from antiphon_spec.dialect import Dialect


@scenario(dialect="openai", generated=True)
async def mistakes_in_openai(talk: Talk) -> None:
    """Makes every mistake that the openai dialect knows."""
    await _make(talk, talk.dialect)


@scenario(dialect="openresponses", generated=True)
async def mistakes_in_openresponses(talk: Talk) -> None:
    """Makes every mistake that the openresponses dialect knows."""
    await _make(talk, talk.dialect)


async def _make(talk: Talk, dialect: Dialect) -> None:
    for name, operation, wrong in examples(dialect):
        path = dialect.document.operations[operation].path
        body = {"model": talk.model, "input": "Hello.", **wrong}
        await talk.post(name, path, body=body)
