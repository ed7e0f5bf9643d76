"""The verified notes of all chapters, numbered: what the summary of the whole is written from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.domain.evidence import resolve
from core.domain.parts import PARTS, Part
from core.domain.summary import Chapter, Entry, EvidenceRef, Item
from core.domain.transcript import Transcript
from core.summarizing.model.answers import MOMENTS, POINTS
from core.summarizing.model.offered import shortened
from core.summarizing.model.options import LengthRule
from core.summarizing.model.prompts import note_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """One verified note under its number; `entry` for those of a part, `chapter` the title it stands under."""

    number: int
    list_name: str
    item: Item
    chapter: str
    entry: Entry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """`notes` in order: the points by chapter, then what there is more of than may be kept, list by list.

    `settled` are the entries of parts in which all may be kept: nobody has to choose among them.
    """

    notes: tuple[Numbered, ...]
    moments: tuple[Item, ...]
    settled: tuple[Entry, ...]
    most: dict[str, int]

    def refs(self, numbers: Iterable[int]) -> list[EvidenceRef]:
        """The evidence of the notes named; numbers of none are passed over."""
        by_number = {note.number: note for note in self.notes}
        return [ref for number in numbers if number in by_number for ref in by_number[number].item.evidence]

    def kept(self, numbers: Sequence[int], list_name: str) -> list[Numbered]:
        """The notes of one list that were chosen, in order of speech and no more than may be kept.

        Where none was chosen, some from all over the video: verified notes are not lost to a lazy answer.
        """
        wanted, listed = set(numbers), [note for note in self.notes if note.list_name == list_name]
        most = self.most.get(list_name, 0)
        chosen = [note for note in listed if note.number in wanted]
        return chosen[:most] if chosen else spread(listed, most)


def open_notebook(
    chapters: Sequence[Chapter], moments: Sequence[Item], parts: Sequence[Entry], rule: LengthRule
) -> Notebook:
    """Numbers what the chapters gave; entries that name the same are one."""
    rows: list[tuple[str, Item, str, Entry | None]] = [
        (POINTS.slug, point, chapter.title, None) for chapter in chapters for point in chapter.points
    ]
    most = {MOMENTS.slug: rule.most_moments}
    settled: list[Entry] = []
    is_full = len(moments) > rule.most_moments
    rows.extend((MOMENTS.slug, moment, "", None) for moment in (moments if is_full else ()))
    for part in PARTS:
        mine = merged(part, [entry for entry in parts if entry.part == part.slug])
        most[part.slug] = rule.entries(part)
        if len(mine) <= rule.entries(part):
            settled.extend(mine)
        else:
            rows.extend((part.slug, entry.item, "", entry) for entry in mine)
    notes = tuple(
        Numbered(number=number, list_name=name, item=item, chapter=chapter, entry=entry)
        for number, (name, item, chapter, entry) in enumerate(rows, 1)
    )
    return Notebook(notes=notes, moments=() if is_full else tuple(moments), settled=tuple(settled), most=most)


def note_lines(notes: Sequence[Numbered], most: dict[str, int], transcript: Transcript) -> list[str]:
    """The notes as a model reads them, under the titles of their chapters and the names of their lists."""
    lines: list[str] = []
    before: tuple[str, str] | None = None
    for note in notes:
        place = (note.list_name, note.chapter)
        if place != before:
            lines.append(_heading(note, most))
        before = place
        quote = resolve(note.item.evidence[0], transcript).quote if note.item.evidence else ""
        lines.append(note_line(note.number, note.list_name, _text_of(note), quote))
    return lines


def merged(part: Part, entries: Sequence[Entry]) -> list[Entry]:
    """Without those that name what an earlier one names; of speakers the fullest name stays."""
    kept: dict[frozenset[str] | str, Entry] = {}
    for entry in entries:
        name = str(entry.fields[0][1]).casefold().strip(" .?!") if entry.fields else entry.item.id
        kept.setdefault(name, entry)
    if part.slug != "speakers":
        return list(kept.values())
    words = {name: frozenset(str(name).split()) for name in kept}
    return [entry for name, entry in kept.items() if not any(words[name] < words[other] for other in kept)]


def spread(notes: Sequence[Numbered], most: int) -> list[Numbered]:
    """So many of them at most, evenly from first to last."""
    if len(notes) <= most:
        return list(notes)
    return [notes[number * len(notes) // most] for number in range(most)]


def _heading(note: Numbered, most: dict[str, int]) -> str:
    if note.list_name == POINTS.slug:
        return f"Chapter: {shortened(note.chapter)}"
    return f"List {note.list_name}, keep at most {most.get(note.list_name, 0)}:"


def _text_of(note: Numbered) -> str:
    if note.entry is None:
        return note.item.text
    return "; ".join(
        " / ".join(value) if isinstance(value, tuple) else str(value) for _name, value in note.entry.fields
    )
