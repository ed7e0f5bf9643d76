"""One chunk of the transcript becomes verified notes: asked once, what does not hold once more, the rest dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.domain.model import ModelFailed, ModelFailure, ModelRequest, ModelRetry
from core.domain.parts import PARTS
from core.domain.summary import Chapter, Entry, Item, SummaryDraft, draft_from_json
from core.domain.verification import clean_text
from core.summarizing.model.answers import MOMENTS, POINTS, Answer, MapAnswer, Note, read_map
from core.summarizing.model.checkpoints import Checkpoints
from core.summarizing.model.chunks import Chunk, Cutter, Slice
from core.summarizing.model.material import Asks, Material
from core.summarizing.model.prompts import MAP_SYSTEM, again_user, map_user, moments_a_chunk
from core.summarizing.model.schemas import map_schema
from core.summarizing.model.sizes import map_output_tokens
from core.summarizing.model.verifying import (
    NoteChecker,
    Refused,
    add_withheld,
    count_withheld,
    is_title_said,
)

# A chunk of eight is an eighth of twenty-five minutes: if that is too long, the fault lies elsewhere.
_MOST_HALVINGS = 3
# A second try shows the segments around those named, for a quotation that stands a little off.
_AROUND = 10
_LONGEST_TITLE_CHARS = 80
# More notes than this in one answer are not notes.
_MOST_NOTES = 400
# What concerns this one answer: the notes that held are kept, and nothing is asked again.
OF_THIS_ANSWER = {
    ModelFailure.REFUSED, ModelFailure.FILTERED, ModelFailure.TOO_LONG, ModelFailure.CONTEXT_TOO_LONG,
    ModelFailure.UNUSABLE, ModelFailure.EMPTY, ModelFailure.CUT, ModelFailure.MALFORMED,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    held: list[Entry]
    failed: list[tuple[Note, Refused]]


class ChunkWriter:
    """Writes chunks of one transcript; `chunks` is how many there are in all. Several threads use it at once."""

    def __init__(self, material: Material, caller: Asks, checkpoints: Checkpoints, cutter: Cutter) -> None:
        self._material = material
        self._caller = caller
        self._checkpoints = checkpoints
        self._cutter = cutter

    def write(self, chunk: Chunk, chunks: int, halvings: int = 0) -> SummaryDraft:
        """The chunk's chapters, moments and entries, as an earlier attempt kept them or newly asked for.

        Where the answer or the question is too long for the model, the chunk is halved. Raises ModelFailed.
        """
        request = self._request(chunk, chunks)
        key = self._checkpoints.key_of(request)
        kept = self._checkpoints.find(key)
        if kept is not None:
            return draft_from_json(kept)
        if self._is_half_done(chunk, chunks, halvings):
            return self._write_halves(chunk, chunks, halvings, key)
        try:
            answer = self._caller.ask(request)
        except ModelFailed as failed:
            if failed.rule.retry is not ModelRetry.SPLIT or not self._can_halve(chunk, halvings):
                raise
            return self._write_halves(chunk, chunks, halvings, key)
        draft = self._draft(chunk, chunks, answer)
        body = draft.to_json()
        self._checkpoints.keep(key, body, draft=body)
        return draft

    def _request(self, chunk: Chunk, chunks: int) -> ModelRequest:
        material, options = self._material, self._material.options
        user = map_user(
            chunk, material.transcript, material.video, language=material.written_in, rule=material.rule, chunks=chunks
        )
        return ModelRequest(
            model=options.map_model,
            system=MAP_SYSTEM,
            user=user,
            schema_name="notes",
            schema=map_schema(range(chunk.first, chunk.last + 1)),
            most_output_tokens=map_output_tokens(chunk, material.rule, chunks, options.context_tokens),
            timeout_s=options.timeout_s,
        )

    def _can_halve(self, chunk: Chunk, halvings: int) -> bool:
        return halvings < _MOST_HALVINGS and self._cutter.halve(chunk) is not None

    def _is_half_done(self, chunk: Chunk, chunks: int, halvings: int) -> bool:
        """Whether an earlier attempt had to halve this chunk and finished one of the halves."""
        if not self._checkpoints.has_any or not self._can_halve(chunk, halvings):
            return False
        halves = self._cutter.halve(chunk) or ()
        keys = [self._checkpoints.key_of(self._request(half, chunks * 2)) for half in halves]
        return any(self._checkpoints.find(key) is not None for key in keys)

    def _write_halves(self, chunk: Chunk, chunks: int, halvings: int, key: str) -> SummaryDraft:
        halves = self._cutter.halve(chunk) or ()
        draft = joined([self.write(half, chunks * 2, halvings + 1) for half in halves], self._material)
        self._checkpoints.keep(key, draft.to_json())
        return draft

    def _draft(self, chunk: Chunk, chunks: int, answer: Answer) -> SummaryDraft:
        material = self._material
        checker = NoteChecker(material.transcript, material.index, chunk.first, chunk.last, material.written_in)
        written = read_map(answer)
        checked = _check(checker, written.notes)
        refused = [why for _note, why in checked.failed]
        if checked.failed:
            second = _check(checker, self._again(chunk, checked.failed))
            mended = _as_many_as_failed(second.held, checked.failed)
            checked.held.extend(mended)
            refused = _left(mended, [why for _note, why in second.failed], refused)
        return replace(self._arranged(chunk, chunks, written, checked.held), withheld=count_withheld(refused))

    def _again(self, chunk: Chunk, failed: Sequence[tuple[Note, Refused]]) -> tuple[Note, ...]:
        """What the model wrote at its second try: one call for all that did not hold."""
        material, options = self._material, self._material.options
        rows = [(_list_name(note), note.as_written(), why.explanation) for note, why in failed]
        user = again_user(rows, _around(chunk, failed), material.transcript, language=material.written_in)
        request = ModelRequest(
            model=options.map_model,
            system=MAP_SYSTEM,
            user=user,
            schema_name="notes",
            schema=map_schema(range(chunk.first, chunk.last + 1)),
            most_output_tokens=map_output_tokens(chunk, material.rule, 1, options.context_tokens),
            timeout_s=options.timeout_s,
        )
        try:
            return read_map(self._caller.ask(request)).notes
        except ModelFailed as failure:
            if failure.failure in OF_THIS_ANSWER:
                return ()
            raise

    def _arranged(self, chunk: Chunk, chunks: int, written: MapAnswer, held: Sequence[Entry]) -> SummaryDraft:
        """What held, each point in the chapter in which it is said, nothing beyond what was asked for."""
        rule = self._material.rule
        of_part: dict[str, list[Entry]] = {}
        for entry in in_order(held):
            of_part.setdefault(entry.part, []).append(entry)
        points = of_part.get(POINTS.slug, [])
        moments = of_part.get(MOMENTS.slug, [])[: moments_a_chunk(rule, chunks)]
        entries = [
            entry for part in PARTS for entry in of_part.get(part.slug, [])[: rule.entries_a_chunk(part, chunks)]
        ]
        return replace(
            self._material.empty_draft(),
            chapters=tuple(self._chapter(part, points, written.titles) for part in chunk.slices),
            key_moments=tuple(entry.item for entry in moments),
            parts=tuple(entries),
        )

    def _chapter(self, part: Slice, points: Sequence[Entry], titles: dict[int, str]) -> Chapter:
        here = [p.item for p in points if part.first <= p.item.evidence[0].first_segment <= part.last]
        kept = here[: self._material.rule.points(part.words)]
        return Chapter(title=self._title(part, titles), first_segment=part.first, points=tuple(kept))

    def _title(self, part: Slice, titles: dict[int, str]) -> str:
        """The author's own title, else the model's where all its words are said there, else the offline engine's."""
        material = self._material
        plain = clean_text(part.title) or f"Part {part.chapter}"
        title = clean_text(titles.get(part.chapter, ""))
        if part.title in material.own_titles or not title or len(title) > _LONGEST_TITLE_CHARS:
            return plain
        is_said = is_title_said(title, part.first, part.last, material.transcript, material.index, material.written_in)
        return title if is_said else plain


def joined(drafts: Sequence[SummaryDraft], material: Material) -> SummaryDraft:
    """Drafts of consecutive chunks as one."""
    parts = [entry for draft in drafts for entry in draft.parts]
    order = {part.slug: place for place, part in enumerate(PARTS)}
    return replace(
        material.empty_draft(),
        chapters=tuple(chapter for draft in drafts for chapter in draft.chapters),
        key_moments=tuple(item for draft in drafts for item in draft.key_moments),
        parts=tuple(sorted(parts, key=lambda entry: order[entry.part])),
        withheld=add_withheld(each for draft in drafts for each in draft.withheld),
    )


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By where they rest in the speech, without those that say the same on the same evidence."""
    unique = {entry.item.id: entry for entry in entries}
    return sorted(unique.values(), key=lambda entry: place_of(entry.item))


def place_of(item: Item) -> tuple[int, int]:
    """Segment and character at which an item's evidence begins."""
    return min(((ref.first_segment, ref.start_char) for ref in item.evidence), default=(0, 0))


def _check(checker: NoteChecker, notes: Sequence[Note]) -> _Checked:
    held: list[Entry] = []
    failed: list[tuple[Note, Refused]] = []
    for note in notes[:_MOST_NOTES]:
        result = checker.check(note)
        if isinstance(result, Refused):
            failed.append((note, result))
        else:
            held.append(result)
    return _Checked(held=held, failed=failed)


def _as_many_as_failed(held: Sequence[Entry], failed: Sequence[tuple[Note, Refused]]) -> list[Entry]:
    """A second try mends what failed; it is no second helping."""
    room = Counter(why.part.slug for _note, why in failed)
    kept: list[Entry] = []
    for entry in held:
        if room[entry.part] > 0:
            room[entry.part] -= 1
            kept.append(entry)
    return kept


def _left(mended: Sequence[Entry], second: Sequence[Refused], first: Sequence[Refused]) -> list[Refused]:
    """Of what failed at first so many as were not mended, with the reasons of the second try where it gave any."""
    left = Counter(why.part.slug for why in first)
    left.subtract(Counter(entry.part for entry in mended))
    kept: list[Refused] = []
    for why in [*second, *first]:
        if left[why.part.slug] > 0:
            left[why.part.slug] -= 1
            kept.append(why)
    return kept


def _around(chunk: Chunk, failed: Sequence[tuple[Note, Refused]]) -> list[int]:
    """Segments near those that were named; the whole chunk where one note named none that was offered."""
    near: set[int] = set()
    for note, _why in failed:
        named = [number for number in note.segments if chunk.first <= number <= chunk.last]
        if not named:
            return list(range(chunk.first, chunk.last + 1))
        for number in named:
            near.update(range(max(number - _AROUND, chunk.first), min(number + _AROUND, chunk.last) + 1))
    return sorted(near)


def _list_name(note: Note) -> str:
    return {POINTS.slug: "points", MOMENTS.slug: "moments"}.get(note.part.slug, note.part.slug)
