"""Answers: what a library has to say to a question, in sentences that quote it, each with its citation.

Nothing is made up: a sentence quotes a passage, tells facts that were extracted, or repeats a summary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from antiphon_mockserver.knowledge.claims import Claim, quoted
from antiphon_mockserver.knowledge.entities import EntitySource, first_facts, first_record, told
from antiphon_mockserver.knowledge.questions import Entry, ask
from antiphon_mockserver.knowledge.retrieval import Hit
from antiphon_mockserver.knowledge.scope import Asked, Member, Scope, scope_of
from antiphon_mockserver.knowledge.terms import ORDINALS, follows, heard, own_words, stem, stems, terms
from antiphon_spec.world import MODALITIES, Segment

MOST_CLAIMS = 5
BRIEFLY = re.compile(r"\b(?:one|a single) sentence\b|\bbrief(?:ly)?\b|\bconcise(?:ly)?\b", re.IGNORECASE)
NOTHING_TO_SEARCH = "There is nothing to search: no video that is named passes the filter."
NOTHING_FOUND = "Nothing that is known of these videos answers the question."


@dataclass(frozen=True, slots=True)
class Answer:
    """A text, and what its sentences rest on."""

    text: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found."""

    claims: tuple[Claim, ...]
    lead: str = ""
    """A sentence that sums it up, or says that there is nothing."""

    @property
    def text(self) -> str:
        """All sentences, each on its line."""
        return "\n".join([*filter(None, [self.lead]), *(claim.sentence for claim in self.claims)])

    @property
    def in_brief(self) -> Findings:
        """The best claim alone, where there is one."""
        return Findings(self.claims[:1]) if self.claims else self


def respond(asked: Asked) -> Answer:
    """The answer to what was asked."""
    findings = _find(asked)
    if BRIEFLY.search(asked.instructions):
        findings = findings.in_brief
    return Answer(findings.text, findings.claims)


def _find(asked: Asked) -> Findings:
    scope = scope_of(asked)
    if not scope.members:
        return Findings((), NOTHING_TO_SEARCH)
    question = heard(asked.question)
    earlier = [turn.text for turn in asked.history if turn.role == "user"]
    if earlier and not own_words(question) and follows(question):
        return _follow(question, _answer(heard("\n".join(earlier)), scope), scope)
    return _answer(question, scope)


def _answer(question: str, scope: Scope) -> Findings:
    reply = ask(question, scope.sources, scope.admitted)
    if reply is not None:
        entries = reply.entries[:MOST_CLAIMS]
        claims = tuple(_entity_claim(question, entry, reply.source, scope) for entry in entries)
        return Findings(claims, reply.lead)
    if not own_words(question):
        return Findings(tuple(_overview(member, scope) for member in scope.members[:MOST_CLAIMS]))
    hits = scope.find(question, MOST_CLAIMS)
    return Findings(tuple(_quote(hit, scope) for hit in hits), "" if hits else NOTHING_FOUND)


def _follow(question: str, before: Findings, scope: Scope) -> Findings:
    """More about what was found before: about the file of the claim that the question counts to."""
    place = next((ORDINALS[word] for word in terms(question) if word in ORDINALS), None)
    if place is None or not -len(before.claims) <= place < len(before.claims):
        return before
    member = scope.member(before.claims[place].file)
    segments = member.segments[:MOST_CLAIMS]
    return Findings(tuple(_shown(member, segment) for segment in segments)) if segments else before


def _overview(member: Member, scope: Scope) -> Claim:
    """What a file is about: its summary, cited by its first segment, or the first known facts of it."""
    if member.segments:
        first = _shown(member, member.segments[0])
        summary = member.file.summary
        return replace(first, context=summary, at=first.start, modality=None) if summary else first
    known = first_record(scope.sources, member.file)
    if known is None:
        about = member.file.summary or f"This is {member.file.title}."
        return Claim(member.file, None, member.collection, about, 0.0)
    source, record = known
    return _entity_claim("", Entry(record, first_facts(record)), source, scope)


def _quote(hit: Hit, scope: Scope) -> Claim:
    """The passage that fits best."""
    member = scope.member(hit.file)
    if hit.passage is None or hit.modality is None:
        return _shown(member, hit.segment)
    context = quoted(hit.modality, hit.passage)
    return Claim(hit.file, hit.segment, member.collection, context, hit.passage.start, hit.modality)


def _shown(member: Member, segment: Segment) -> Claim:
    """What a segment is about: its summary, or the first passage of it."""
    if segment.summary:
        return Claim(member.file, segment, member.collection, segment.summary, segment.start)
    for modality in MODALITIES:
        for passage in segment.passages[modality]:
            context = quoted(modality, passage)
            return Claim(member.file, segment, member.collection, context, passage.start, modality)
    about = segment.title or f"This is {member.file.title}."
    return Claim(member.file, segment, member.collection, about, segment.start)


def _entity_claim(question: str, entry: Entry, source: EntitySource, scope: Scope) -> Claim:
    """The facts that answer, with a quotation of the segment that shows them best."""
    facts = f"From {source.name}: {told(entry.facts)}."
    shown = _best_shown(question, entry, source, scope)
    if shown is not None:
        return replace(shown, context=f"{facts} {shown.context}")
    member, segment = scope.member(entry.record.file), entry.record.segment
    at = segment.start if segment else 0.0
    return Claim(member.file, segment, member.collection, facts, at, described=False)


def _best_shown(question: str, entry: Entry, source: EntitySource, scope: Scope) -> Claim | None:
    """A quotation of what the facts are about; None when nothing of the file is described."""
    member = scope.member(entry.record.file)
    segments = [one for one in member.segments if one is entry.record.segment] or list(member.segments)
    if not segments:
        return None
    named = {*stems(source.name)}
    asked = [word for word in own_words(question) if not word.isdigit() and stem(word) not in named]
    within = replace(member, segments=tuple(segments))
    hits = scope.find(" ".join([told(entry.facts), *asked]), 1, [within])
    return _quote(hits[0], scope) if hits else _shown(member, segments[0])
