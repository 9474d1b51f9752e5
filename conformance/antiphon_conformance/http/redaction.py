"""Hides secrets: keys never reach a file, a log or the screen, in whatever spelling they come back.

A text is read as it is and with its escapes undone; of each reading only letters and digits count, in lower
case, so that no separator and no invisible character matters. Looked for are the key, the key reversed, its
hex and decimal bytes and its base64 and base32 at each alignment; also with four characters missing. Where a
body or a stream repeats a member (`delta`), its values are joined first: no piece needs to hold the key.

How much of that applies depends on the key, since a right text must not be touched:

    letters and digits  looked for
    20 and more         everything; these also encoded twice, in UTF-16, octal, binary and rot13
    12 to 19            everything but a key that lacks its middle; one that lacks an end, with two digits
    10 and 11           everything, when it is whole
    fewer               its bytes in any case and with any escape, and its hex and base64
    fewer than 8        only a whole word with a digit or a sign in it, spelt the same; `none` is no secret
"""

from __future__ import annotations

import codecs
import re
from base64 import b32encode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import product

from antiphon_conformance.http.address import REDACTED
from antiphon_conformance.http.escapes import fold, layers, letter_places
from antiphon_conformance.http.exchange import Headers
from antiphon_spec.loading.construction import dataclass

SHORTEST = 8
"""A shorter key is hidden as a whole word alone."""
SHORTEST_FOLDED = 10
"""Of fewer letters and digits, a text may have them by chance."""
SHORTEST_PART = 12
SHORTEST_HOLED = 20
MISSING = 4
"""A key that lacks so many characters can be guessed."""
FEWEST_LETTERS = 4
"""A key of fewer different characters, such as `xxxxxxxx`, is a placeholder."""
Span = tuple[int, int]
Change = tuple[int, int, bytes]
_MEMBER = re.compile(rb'"(\w{1,60})"\s*:\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|(\d+))')
_FIELD = re.compile(rb"([a-z]{2,5}): ?([^{\s].*)")
_TAGS = (b"item_id", b"output_index")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+")
_RUN = re.compile(rb"(?:\\+u[0-9a-fA-F]{4}|\\+x[0-9a-fA-F]{2}|[0-9A-Za-z])+")
_BETWEEN = b"\n"
_NUMBERS = re.compile(rb"[\d\s,]+")


@dataclass(frozen=True, slots=True)
class _Form:
    """One spelling of a key, folded: of it, `least` letters must come in a row."""

    text: bytes
    least: int
    gap: int = 0
    """How many letters may be missing in its middle, or be replaced by others."""

    @property
    def chunk(self) -> int:
        """The size of the pieces that are looked for: one of them lies in any part that is long enough."""
        size = (self.least - self.gap) // 4 if self.gap else (self.least + 1) // 2
        return max(4, size) if self.least < len(self.text) else len(self.text)

    @property
    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """The pieces that are looked for, each with its place in the form."""
        size, form = self.chunk, self.text
        for offset in range(0, len(form) - size + 1, size):
            yield offset, form[offset : offset + size]

    def places(self, folded: bytes) -> Iterator[Span]:
        """Where the form, or enough of it, stands."""
        size = self.chunk
        for offset, piece in self.pieces:
            position = 0
            while (position := folded.find(piece, position)) >= 0:
                start, end, count = self._extend(folded, position, offset, size)
                if count >= self.least:
                    yield start, end
                position = max(position + 1, end if count >= self.least else 0)

    def _extend(self, folded: bytes, position: int, offset: int, size: int) -> tuple[int, int, int]:
        """The start and the end of the part around a piece, and how many letters of the form it has."""
        form = self.text
        left = _common(form[:offset][::-1], folded[max(0, position - offset) : position][::-1])
        rest = form[offset + size :]
        right = _common(rest, folded[position + size : position + size + len(rest)])
        start, end = position - left, position + size + right
        count = end - start
        if not self.gap or self.least <= count:
            return start, end, count
        for gap, skip in product(range(1, self.gap + 1), range(self.gap + 1)):
            after, before = rest[right + gap :], form[: max(0, offset - left - gap)][::-1]
            more = _common(after, folded[end + skip : end + skip + len(after)])
            if count + more >= self.least:
                return start, end + skip + more, count + more
            stop = max(0, start - skip)
            more = _common(before, folded[max(0, stop - len(before)) : stop][::-1])
            if count + more >= self.least:
                return stop - more, end, count + more
        return start, end, count


class Redaction:
    """Replaces secrets by `REDACTED`. It does nothing when there are none."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: dict[_Form, None] = {}
        exact: dict[bytes, None] = {}
        words: dict[str, None] = {}
        for secret in filter(is_secret, secrets):
            if len(secret) < SHORTEST:
                words[secret] = None
                continue
            exact[secret.encode(errors="replace").lower()] = None
            forms.update(dict.fromkeys(_forms(secret)))
        self._forms = tuple(forms)
        self._pieces = tuple({piece: None for form in forms for _, piece in form.pieces})
        self._exact = tuple(exact)
        parts = "|".join(map(re.escape, words))
        self._words = re.compile(rf"(?<![\w-])(?:{parts})(?![\w-])".encode()) if parts else None

    def __bool__(self) -> bool:
        return bool(self._exact or self._words)

    def raw(self, raw: bytes) -> bytes:
        """A body or a text in bytes, without secrets; the same object when it holds none."""
        if not self or not raw:
            return raw
        raw = _replace(raw, self._spans(raw))
        if not self._may_hold(_BETWEEN.join(_joined(raw))):
            return raw
        suspects = self._suspects(raw, list(_columns(raw)))
        return _change(raw, (change for pieces in suspects for change in self._parts(raw, pieces)))

    def text(self, text: str) -> str:
        """A text without secrets."""
        if not self or not text:
            return text
        raw = text.encode("utf-8", "surrogatepass")
        clean = _replace(raw, self._spans(raw))
        return text if clean is raw else clean.decode("utf-8", "surrogatepass")

    def headers(self, headers: Headers) -> Headers:
        """Headers without secrets, in names as in values, also where several values make one."""
        if not self or not self._may_be_in(headers):
            return headers
        pairs = [(self.text(name), self.text(value)) for name, value in headers.pairs]
        text, pieces = bytearray(), []
        for _, value in pairs:
            part = value.encode("utf-8", "surrogatepass")
            pieces.append((len(text), len(text) + len(part)))
            text += part + b"\n"
        clean = _change(bytes(text), self._parts(bytes(text), pieces))
        if clean == text:
            return Headers(tuple(pairs))
        values = clean.decode("utf-8", "surrogatepass").split("\n")
        return Headers(tuple((name, value) for (name, _), value in zip(pairs, values, strict=False)))

    def _may_be_in(self, headers: Headers) -> bool:
        """Whether a name or a value may hold a secret, or the values together."""
        names, values = zip(*headers.pairs, strict=True) if headers.pairs else ((), ())
        text = "\n".join((*names, *values, "".join(values)))
        return self._may_hold(text.encode("utf-8", "surrogatepass"))

    def _may_hold(self, raw: bytes) -> bool:
        """Whether a text may hold a secret. Where it holds none, no part between two line feeds does."""
        for layer in layers(raw):
            small, folded = layer.text.lower(), fold(layer.text)
            if any(secret in small for secret in self._exact):
                return True
            if any(piece in folded for piece in self._pieces):
                return True
            if self._words is not None and self._words.search(layer.text):
                return True
        return False

    def _spans(self, raw: bytes) -> list[Span]:
        spans: list[Span] = []
        for layer in layers(raw):
            text = layer.text
            small = text.lower()
            for secret in self._exact:
                spans += (layer.span(*span) for span in _all(small, secret))
            if self._words is not None:
                spans += (layer.span(*match.span()) for match in self._words.finditer(text))
            folded = fold(text)
            if not any(piece in folded for piece in self._pieces):
                continue
            found = [span for form in self._forms for span in form.places(folded)]
            if found:
                edges = sorted({edge for start, end in found for edge in (start, end - 1)})
                place = dict(zip(edges, letter_places(text, edges), strict=True))
                spans += (layer.span(place[start], place[end - 1] + 1) for start, end in found)
        return spans

    def _suspects(self, raw: bytes, columns: list[list[Span]]) -> Iterator[list[Span]]:
        """The columns whose values together may hold a secret, found by halves: most of many do not."""
        texts = (b"".join(raw[start:end] for start, end in pieces) for pieces in columns)
        if not self._may_hold(_BETWEEN.join(texts)):
            return
        if len(columns) == 1:
            yield columns[0]
            return
        middle = len(columns) // 2
        yield from self._suspects(raw, columns[:middle])
        yield from self._suspects(raw, columns[middle:])

    def _parts(self, raw: bytes, pieces: list[Span]) -> Iterator[Change]:
        """The parts of the secrets that pieces of `raw` form together; the marker is spread over them."""
        joined = b"".join(raw[start:end] for start, end in pieces)
        for start, end in _merge(self._spans(joined)):
            parts, past = [], 0
            for piece_start, piece_end in pieces:
                low, high = max(start, past), min(end, past + piece_end - piece_start)
                if low < high:
                    parts.append((piece_start + low - past, piece_start + high - past))
                past += piece_end - piece_start
            marker, count = REDACTED.encode(), len(parts)
            for index, (low, high) in enumerate(parts):
                yield low, high, marker[len(marker) * index // count : len(marker) * (index + 1) // count]


@lru_cache(maxsize=32)
def redaction_of(secrets: tuple[str, ...]) -> Redaction:
    """The redaction of these secrets."""
    return Redaction(secrets)


def is_secret(text: str) -> bool:
    """Whether a key can be kept secret: a word that anybody uses, or a placeholder, cannot."""
    if text == REDACTED or len(text) < 3:
        return False
    if len(text) < SHORTEST:
        return not text.isalpha()
    return len(set(text)) >= FEWEST_LETTERS


def _forms(secret: str) -> Iterator[_Form]:
    raw = secret.encode(errors="replace")
    plain, size = fold(raw), len(raw)
    if len(plain) >= SHORTEST_FOLDED:
        digits = sum(octet in b"0123456789" for octet in plain)
        has_parts = len(plain) >= (SHORTEST_PART if digits > 1 else SHORTEST_HOLED)
        least = len(plain) - MISSING if has_parts else len(plain)
        gap = MISSING if len(plain) >= SHORTEST_HOLED else 0
        yield _Form(plain, least, gap)
        yield _Form(plain[::-1], least, gap)
    kept = (size - MISSING) / size if size >= SHORTEST_PART else 1
    numbers = (raw.hex(), "".join(f"0x{octet:02x}" for octet in raw), "".join(map(str, raw)))
    texts = [number.encode() for number in numbers]
    for source in (raw, raw[::-1]):
        texts += _aligned(source, b64encode, 3, 6)
        texts += _aligned(source, b32encode, 5, 5)
    if len(plain) >= SHORTEST_HOLED:
        texts += _twice(raw)
    for text in map(fold, texts):
        yield _Form(text, max(SHORTEST, int(len(text) * kept)))


def _twice(raw: bytes) -> Iterator[bytes]:
    """A long key encoded twice, or in UTF-16, or reversed before or after that, and in rarer notations."""
    text, number, inner = raw.decode(errors="replace"), raw.hex().encode(), b64encode(raw)
    wide = text.encode("utf-16-le")
    yield from (number[::-1], raw[::-1].hex().encode(), wide.hex().encode())
    yield from (inner.hex().encode(), inner[::-1], codecs.encode(text, "rot13").encode())
    yield from ("".join(f"{octet:{form}}" for octet in raw).encode() for form in ("o", "08b"))
    for source in (number, wide, inner.rstrip(b"=")):
        yield from _aligned(source, b64encode, 3, 6)


def _aligned(raw: bytes, encode: Callable[[bytes], bytes], group: int, bits: int) -> Iterator[bytes]:
    """An encoding of `raw` at each place in a group of bytes, without the characters that depend on what
    stands before and after it."""
    for shift in range(group):
        text = encode(b"\0" * shift + raw).rstrip(b"=")
        yield text[-(-8 * shift // bits) : 8 * (shift + len(raw)) // bits]


def _joined(raw: bytes) -> Iterable[bytearray]:
    """The values that belong together, joined."""
    texts: defaultdict[tuple[bytes, bytes], bytearray] = defaultdict(bytearray)
    for column, (start, end) in _values(raw):
        texts[column] += raw[start:end]
    return texts.values()


def _columns(raw: bytes) -> Iterator[list[Span]]:
    """The places of the values that belong together, where there are several."""
    columns: defaultdict[tuple[bytes, bytes], list[Span]] = defaultdict(list)
    for column, span in _values(raw):
        columns[column].append(span)
    yield from (pieces for pieces in columns.values() if len(pieces) > 1)


def _values(raw: bytes) -> Iterator[tuple[tuple[bytes, bytes], Span]]:
    """The values that may be parts of a text, each with what its text is called and its place.

    Together belong those of a member with the same name, in all lines and in the lines of one item; and those
    of a field of an event stream.
    """
    for match in _LINE.finditer(raw):
        line, offset = match[0], match.start()
        field = _FIELD.match(line)
        if field:
            yield (field[1] + b":", b""), _moved(field.span(2), offset)
        elif b":" not in line and not line.isspace():
            yield (b"data:", b""), (offset, offset + len(line.rstrip()))
        members = list(_MEMBER.finditer(line))
        tag = next((member[2] or member[3] or b"" for member in members if member[1] in _TAGS), b"")
        for member in members:
            if member[2]:
                span = _moved(member.span(2), offset)
                yield (member[1], b""), span
                if tag:
                    yield (member[1], tag), span


def _moved(span: Span, offset: int) -> Span:
    return span[0] + offset, span[1] + offset


def _replace(raw: bytes, spans: list[Span]) -> bytes:
    """`raw` with the marker at each place; what is between strings there stays, so that JSON stays JSON."""
    if not spans:
        return raw
    result = bytearray(raw)
    for start, end in reversed(_merge(spans)):
        content = raw[start:end]
        shown = REDACTED.encode()
        if _NUMBERS.fullmatch(content) and b"," in content:
            shown = re.sub(rb"\d+", b"0", content)
        elif b'"' in content or b"\n" in content:
            shown = _RUN.sub(b"", _RUN.sub(b"\0", content, count=1)).replace(b"\0", shown)
        result[start:end] = shown
    return bytes(result)


def _change(raw: bytes, changes: Iterable[Change]) -> bytes:
    """`raw` with parts replaced; of parts that overlap, the first stays."""
    pieces: list[bytes] = []
    past = 0
    for start, end, shown in sorted(changes):
        if start >= past:
            pieces += (raw[past:start], shown)
            past = end
    return b"".join((*pieces, raw[past:])) if pieces else raw


def _merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _all(text: bytes, part: bytes) -> Iterator[Span]:
    position = text.find(part)
    while position >= 0:
        yield position, position + len(part)
        position = text.find(part, position + len(part))


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts share at their start."""
    most = min(len(one), len(other))
    return next((index for index in range(most) if one[index] != other[index]), most)
