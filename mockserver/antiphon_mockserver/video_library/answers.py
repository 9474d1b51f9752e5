"""Answers of a library: sentences, each with its citation.

A sentence quotes a passage, lists extracted facts, or repeats a summary.
"""

from __future__ import annotations

import re
from dataclasses import replace

from antiphon_mockserver.model.languages import ENGLISH, language_of
from antiphon_mockserver.video_library.claims import Claim, quotation_of
from antiphon_mockserver.video_library.entities import (
    EntityRecord,
    EntitySource,
    facts_text,
    first_facts,
    first_record,
)
from antiphon_mockserver.video_library.questions import EntityMatch, ask
from antiphon_mockserver.video_library.retrieval import Hit
from antiphon_mockserver.video_library.scope import Inquiry, Member, Scope, scope_of
from antiphon_mockserver.video_library.terms import (
    ORDINALS,
    end_of,
    follows,
    own_words,
    stem,
    stems,
    terms,
)
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import MODALITIES, Segment

MOST_CLAIMS = 5
BRIEFLY = re.compile(r"\b(?:one|a single) sentence\b|\bbrief(?:ly)?\b|\bconcise(?:ly)?\b", re.IGNORECASE)
WHO = re.compile(r"\bwho\b", re.IGNORECASE)
AS_A_LIST = re.compile(r"\bbullet(?:ed|s)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GroundedAnswer:
    """A text, and the claims in it."""

    text: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the library has for a question."""

    claims: tuple[Claim, ...]
    lead: str = ""
    """A sentence that sums it up, or says that there is nothing; "" for none."""

    def text(self, bullet: str = "") -> str:
        """All sentences, each on its line; those of claims behind a bullet."""
        sentences = (f"{bullet}{claim.sentence}" for claim in self.claims)
        return "\n".join([*filter(None, [self.lead]), *sentences])

    @property
    def in_brief(self) -> Findings:
        """The best claim alone, where there is one."""
        return Findings(self.claims[:1]) if self.claims else self


def respond(inquiry: Inquiry) -> GroundedAnswer:
    """The answer to a question."""
    findings = _findings(inquiry)
    if BRIEFLY.search(inquiry.instructions):
        findings = findings.in_brief
    language = language_of(inquiry.instructions)
    if not findings.claims and not findings.lead:
        findings = Findings((), language.nothing_found)
    elif findings.claims and language is not ENGLISH:
        findings = replace(findings, lead="\n".join(filter(None, [language.passages, findings.lead])))
    bullet = "- " if AS_A_LIST.search(inquiry.instructions) else ""
    return GroundedAnswer(findings.text(bullet), findings.claims)


def _findings(inquiry: Inquiry) -> Findings:
    """What the library has; without claims and lead, it has nothing."""
    scope = scope_of(inquiry)
    if not scope.members:
        return Findings((), language_of(inquiry.instructions).nothing_to_search)
    question = end_of(inquiry.question)
    earlier = [turn.text for turn in inquiry.history if turn.role == "user"]
    if earlier and not own_words(question) and follows(question):
        return _follow(question, _answer(end_of("\n".join(earlier)), scope), scope)
    return _answer(question, scope)


def _answer(question: str, scope: Scope) -> Findings:
    reply = ask(question, scope.sources, scope.file_ids)
    if reply is not None:
        entries = reply.entries[:MOST_CLAIMS]
        claims = tuple(_entity_claim(question, entry, reply.source, scope) for entry in entries)
        return Findings(claims, reply.lead)
    if not own_words(question):
        return Findings(tuple(_overview(member, scope) for member in scope.members[:MOST_CLAIMS]))
    hits = scope.find(question, MOST_CLAIMS)
    return Findings(tuple(_quote(hit, scope) for hit in hits))


def _follow(question: str, before: Findings, scope: Scope) -> Findings:
    """More about earlier findings: the file of the claim that the question refers to by its number."""
    place = next((ORDINALS[word] for word in terms(question) if word in ORDINALS), None)
    if place is None or not -len(before.claims) <= place < len(before.claims):
        return before
    member = scope.member(before.claims[place].file)
    segments = member.segments[:MOST_CLAIMS]
    return Findings(tuple(_segment_claim(member, segment) for segment in segments)) if segments else before


def _overview(member: Member, scope: Scope) -> Claim:
    """What a file is about: its summary, cited by its first segment, or its first facts."""
    if member.segments:
        first = _segment_claim(member, member.segments[0])
        summary = member.file.summary
        return replace(first, context=summary, at=first.start, modality=None) if summary else first
    source_and_record = first_record(scope.sources, member.file)
    if source_and_record is None:
        about = member.file.summary or f"This is {member.file.title}."
        return Claim(member.file, None, member.collection, about, 0.0)
    source, record = source_and_record
    return _entity_claim("", EntityMatch(record, first_facts(record)), source, scope)


def _quote(hit: Hit, scope: Scope) -> Claim:
    """A quotation of the passage that fits best."""
    member = scope.member(hit.file)
    if hit.passage is None or hit.modality is None:
        return _segment_claim(member, hit.segment)
    context = quotation_of(hit.modality, hit.passage)
    return Claim(hit.file, hit.segment, member.collection, context, hit.passage.start, hit.modality)


def _segment_claim(member: Member, segment: Segment) -> Claim:
    """What a segment is about: its summary, its first passage, or its title."""
    if segment.summary:
        return Claim(member.file, segment, member.collection, segment.summary, segment.start)
    for modality in MODALITIES:
        for passage in segment.passages[modality]:
            context = quotation_of(modality, passage)
            return Claim(member.file, segment, member.collection, context, passage.start, modality)
    about = segment.title or f"This is {member.file.title}."
    return Claim(member.file, segment, member.collection, about, segment.start)


def _entity_claim(question: str, entry: EntityMatch, source: EntitySource, scope: Scope) -> Claim:
    """The facts that answer, with a quotation that shows them."""
    facts = f"From {source.name}: {facts_text(entry.facts)}."
    if WHO.search(question):
        facts = f"{facts} {_speakers(entry.record)}"
    quotation = _best_quotation(question, entry, source, scope)
    if quotation is not None:
        return replace(quotation, context=f"{facts} {quotation.context}")
    member, segment = scope.member(entry.record.file), entry.record.segment
    at = segment.start if segment else 0.0
    return Claim(member.file, segment, member.collection, facts, at, is_described=False)


def _speakers(record: EntityRecord) -> str:
    """Who speaks in the segment of a record, or in its file."""
    segments = [record.segment] if record.segment else record.file.segments
    passages = [passage for segment in segments for passage in segment.passages["speech"]]
    names = list(dict.fromkeys(passage.speaker for passage in passages if passage.speaker))
    if not names:
        return "Nobody speaks about it." if not passages else "The video does not name who speaks about it."
    return f"{' and '.join(names)} {'speak' if len(names) > 1 else 'speaks'} about it."


def _best_quotation(question: str, entry: EntityMatch, source: EntitySource, scope: Scope) -> Claim | None:
    """A quotation about the facts; None when the file has no descriptions."""
    member = scope.member(entry.record.file)
    own = entry.record.segment
    segments = [segment for segment in member.segments if segment is own] or list(member.segments)
    if not segments:
        return None
    source_words = {*stems(source.name)}
    subject_words = [
        word for word in own_words(question) if not word.isdigit() and stem(word) not in source_words
    ]
    within = replace(member, segments=tuple(segments))
    hits = scope.find(" ".join([facts_text(entry.facts), *subject_words]), 1, [within])
    return _quote(hits[0], scope) if hits else _segment_claim(member, segments[0])
