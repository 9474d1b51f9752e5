"""Long answers: as many words as the prompt asks for, about its topic, always the same."""

from __future__ import annotations

import re
from itertools import cycle
from zlib import crc32

LARGEST = 20_000
"""The most words of one story."""

TOPIC = re.compile(r"\b(?:about|of|on|explain)\s+(?:an? |the )?([\w][\w '-]{0,40})", re.IGNORECASE)

SENTENCES = (
    "Once there was {topic}, and nobody had given it a second thought.",
    "The morning was quiet, and the light came slowly over the hills.",
    "A traveller stopped at the gate and asked what everyone had come to see.",
    "It was {topic}, said the oldest of them, and it had always been so.",
    "Some wrote it down; others told it to their children, who told it differently.",
    "Years went by, the river changed its bed, and the road was built twice.",
    "Whoever looked closely found that every part answered another.",
    "A voice called from one side, and a voice replied from the other.",
    "So the tale of {topic} went on, a little longer each time it was told.",
    "At last the lamps were lit, and there was time for one more question.",
)


def tell(prompt: str, length: int) -> str:
    """A story of at least this many words, and at most one sentence more."""
    match = TOPIC.search(prompt)
    topic = match[1].strip() if match else "a small, patient machine"
    length = min(max(length, 1), LARGEST)
    start = crc32(prompt.encode(errors="replace")) % len(SENTENCES)
    sentences = cycle(SENTENCES[start:] + SENTENCES[:start])
    story: list[str] = []
    while len(story) < length:
        story += next(sentences).format(topic=topic).split()
    return " ".join(story)
