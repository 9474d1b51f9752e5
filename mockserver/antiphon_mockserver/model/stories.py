"""Long answers: as many words as are wanted, about what was asked, the same every time."""

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


def tell(prompt: str, words: int) -> str:
    """A story of about this many words, never fewer."""
    found = TOPIC.search(prompt)
    topic = found[1].strip() if found else "a small, patient machine"
    wanted = min(max(words, 1), LARGEST)
    start = crc32(prompt.encode(errors="replace")) % len(SENTENCES)
    told: list[str] = []
    sentences = cycle(SENTENCES[start:] + SENTENCES[:start])
    while len(told) < wanted:
        told += next(sentences).format(topic=topic).split()
    return " ".join(told)
