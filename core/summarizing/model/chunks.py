"""The transcript in pieces that a model reads at once: whole chapters where they fit, each segment in exactly one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from core.domain.summary import Chapter
from core.domain.transcript import Transcript
from core.summarizing.sentences import split_sentences, word_count


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A chapter, or a stretch of one that is too long to be read at once: the segments [first, last]."""

    chapter: int
    title: str
    first: int
    last: int
    words: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Slices one after the other: what one request offers."""

    slices: tuple[Slice, ...]

    @property
    def first(self) -> int:
        return self.slices[0].first

    @property
    def last(self) -> int:
        return self.slices[-1].last


SizeOf = Callable[[int], int]


class Cutter:
    """Cuts one transcript. `tokens_of` bounds the tokens of a segment as it is offered."""

    def __init__(self, transcript: Transcript, tokens_of: SizeOf) -> None:
        self._transcript = transcript
        self._sizes = [tokens_of(number) for number in range(len(transcript.segments))]
        self._sums = [0, *accumulate(self._sizes)]
        self._ends: frozenset[int] | None = None

    def chunks(self, chapters: Sequence[Chapter], most_tokens: int) -> list[Chunk]:
        """All segments in order, each once; a chunk above `most_tokens` only where one segment alone is."""
        slices = [part for whole in self._slices(chapters) for part in self._cut(whole, most_tokens)]
        packed: list[list[Slice]] = []
        for part in slices:
            if packed and self._size(packed[-1][0].first, part.last) <= most_tokens:
                packed[-1].append(part)
            else:
                packed.append([part])
        return [Chunk(slices=tuple(group)) for group in packed]

    def halve(self, chunk: Chunk) -> tuple[Chunk, Chunk] | None:
        """Two chunks of about half the size; None for a single segment."""
        if len(chunk.slices) > 1:
            half = self._size(chunk.first, chunk.last) / 2
            at = min(
                range(1, len(chunk.slices)),
                key=lambda i: abs(self._size(chunk.first, chunk.slices[i - 1].last) - half),
            )
            return Chunk(slices=chunk.slices[:at]), Chunk(slices=chunk.slices[at:])
        only = chunk.slices[0]
        if only.first == only.last:
            return None
        left, right = self._parts(only, 2)
        return Chunk(slices=(left,)), Chunk(slices=(right,))

    def _slices(self, chapters: Sequence[Chapter]) -> Iterator[Slice]:
        ends = [chapter.first_segment for chapter in chapters[1:]] + [len(self._transcript.segments)]
        for number, (chapter, end) in enumerate(zip(chapters, ends, strict=True), 1):
            whole = Slice(chapter=number, title=chapter.title, first=chapter.first_segment, last=end - 1, words=0)
            yield self._counted(whole)

    def _cut(self, whole: Slice, most_tokens: int) -> list[Slice]:
        """The slice in as few parts as fit; a segment that alone is too long stays whole."""
        count = -(-self._size(whole.first, whole.last) // most_tokens)
        longest = whole.last - whole.first + 1
        while count < longest:
            parts = self._parts(whole, count)
            if all(self._size(part.first, part.last) <= most_tokens or part.first == part.last for part in parts):
                return parts
            count += 1
        return self._parts(whole, longest)

    def _parts(self, whole: Slice, count: int) -> list[Slice]:
        """`count` parts of about equal size that end with a sentence where one ends near."""
        if count <= 1:
            return [whole]
        size = self._size(whole.first, whole.last)
        starts = [whole.first]
        for number in range(1, count):
            wanted = self._sums[whole.first] + size * number / count
            starts.append(self._start_near(wanted, starts[-1] + 1, whole.last - (count - 1 - number), size / count / 4))
        edges = pairwise([*starts, whole.last + 1])
        return [self._counted(replace(whole, first=first, last=end - 1)) for first, end in edges]

    def _start_near(self, wanted: float, least: int, most: int, slack: float) -> int:
        """The segment in [least, most] to open a part with: after a sentence's end, where one is within `slack`."""

        def cost(number: int) -> tuple[bool, float]:
            away = abs(self._sums[number] - wanted)
            return not (away <= slack and number - 1 in self._sentence_ends()), away

        return min(range(least, most + 1), key=cost)

    def _sentence_ends(self) -> frozenset[int]:
        """Segments with whose last character a sentence ends."""
        if self._ends is None:
            segments = self._transcript.segments
            spans = [sentence.span for sentence in split_sentences(self._transcript)]
            self._ends = frozenset(s.last_segment for s in spans if s.end_char == len(segments[s.last_segment].text))
        return self._ends

    def _counted(self, part: Slice) -> Slice:
        texts = self._transcript.segments[part.first : part.last + 1]
        return replace(part, words=sum(word_count(segment.text) for segment in texts))

    def _size(self, first: int, last: int) -> int:
        return self._sums[last + 1] - self._sums[first]
