"""The summary of the whole, written from verified notes alone; its evidence is that of the notes it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.domain.model import ModelFailed, ModelRequest
from core.domain.parts import PARTS
from core.domain.summary import Chapter, Entry, Item, SummaryDraft, draft_from_json
from core.domain.words import tokens
from core.summarizing.model.answers import MOMENTS, POINTS, TLDR, Answer, Text, numbers, read_texts
from core.summarizing.model.checkpoints import Checkpoints
from core.summarizing.model.labels import choose_categories, choose_tags
from core.summarizing.model.mapping import OF_THIS_ANSWER, place_of
from core.summarizing.model.material import Asks, Material
from core.summarizing.model.notebook import Notebook, Numbered, note_lines, open_notebook, spread
from core.summarizing.model.prompts import (
    DIGEST_SYSTEM,
    MOST_TLDR_SENTENCES,
    REDUCE_SYSTEM,
    again_reduce_user,
    language_name,
    reduce_user,
)
from core.summarizing.model.schemas import WHOLE_PARTS, Schema, digest_schema, reduce_schema
from core.summarizing.model.sizes import lines_tokens, reduce_output_tokens, room_tokens
from core.summarizing.model.verifying import Refused, as_item, check_text, count_withheld
from core.summarizing.sentences import word_count

# So many tokens of notes are read at once at most; beyond, groups of notes are thinned out first.
MOST_NOTES_TOKENS = 90_000
_MOST_LEVELS = 12
_FALLBACK_MOMENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    held: list[Entry]
    failed: list[tuple[Text, Refused]]


class Reducer:
    """Makes one summary of what all chunks gave."""

    def __init__(self, material: Material, caller: Asks, checkpoints: Checkpoints) -> None:
        self._material = material
        self._caller = caller
        self._checkpoints = checkpoints

    def reduce(self, chapters: Sequence[Chapter], moments: Sequence[Item], parts: Sequence[Entry]) -> SummaryDraft:
        """TL;DR, key moments, tags, categories and the finished parts; no chapters. Raises ModelFailed."""
        notebook = open_notebook(chapters, moments, parts, self._material.rule)
        if not notebook.notes:
            return self._material.empty_draft()
        notes = self._that_fit(notebook)
        lines = note_lines(notes, notebook.most, self._material.transcript)
        request = self._request(REDUCE_SYSTEM, reduce_schema(), "summary", lines, self._tasks())
        key = self._checkpoints.key_of(request)
        kept = self._checkpoints.find(key)
        if kept is not None:
            return draft_from_json(kept)
        shown = replace(notebook, notes=tuple(notes))
        draft = self._draft(shown, self._caller.ask(request), lines)
        body = draft.to_json()
        self._checkpoints.keep(key, body, draft=body)
        return draft

    def _that_fit(self, notebook: Notebook) -> list[Numbered]:
        """All notes, or what is left of them once groups were thinned out until they can be read at once."""
        room = min(
            room_tokens(self._material.options.context_tokens, REDUCE_SYSTEM, reduce_schema()), MOST_NOTES_TOKENS
        )
        notes = list(notebook.notes)
        for _level in range(_MOST_LEVELS):
            if self._size(notes, notebook) <= room or len(notes) <= 1:
                break
            groups = self._groups(notes, notebook, room)
            notes = [note for group in groups for note in self._thinned(group, notebook)]
        return notes

    def _groups(self, notes: Sequence[Numbered], notebook: Notebook, room: int) -> list[list[Numbered]]:
        groups: list[list[Numbered]] = []
        filled = 0
        for note in notes:
            size = self._size([note], notebook)
            if not groups or filled + size > room:
                groups.append([])
                filled = 0
            groups[-1].append(note)
            filled += size
        return groups

    def _thinned(self, group: list[Numbered], notebook: Notebook) -> list[Numbered]:
        """Half of the group at most, as the model chose; evenly where it chose nothing."""
        most = max(len(group) // 2, 1)
        lines = note_lines(group, notebook.most, self._material.transcript)
        request = self._request(DIGEST_SYSTEM, digest_schema(), "digest", lines, [f"Keep at most {most} notes."])
        key = self._checkpoints.key_of(request)
        kept = self._checkpoints.find(key)
        chosen = numbers(kept if kept is not None else self._caller.ask(request), "kept")
        if kept is None:
            self._checkpoints.keep(key, {"kept": list(chosen)})
        left = [note for note in group if note.number in set(chosen[:most])]
        return left or spread(group, most)

    def _size(self, notes: Sequence[Numbered], notebook: Notebook) -> int:
        return lines_tokens(note_lines(notes, notebook.most, self._material.transcript))

    def _tasks(self) -> list[str]:
        material = self._material
        limits = ", ".join(f"{part.slug} {part.most}" for part in WHOLE_PARTS)
        words = f"{material.rule.tldr_words} words in {MOST_TLDR_SENTENCES} sentences"
        return [
            f"Write in {language_name(material.written_in)}, whatever the language of the notes.",
            f"The tldr has at most {words}. Entries at most: {limits}.",
        ]

    def _request(
        self,
        system: str,
        schema: Schema,
        name: str,
        lines: Sequence[str],
        tasks: Sequence[str],
        user: str | None = None,
    ) -> ModelRequest:
        options = self._material.options
        return ModelRequest(
            model=options.reduce_model,
            system=system,
            user=user or reduce_user(self._material.video, lines, tasks),
            schema_name=name,
            schema=schema,
            most_output_tokens=reduce_output_tokens(self._material.rule, len(lines), options.context_tokens),
            timeout_s=options.timeout_s,
        )

    def _draft(self, notebook: Notebook, answer: Answer, lines: Sequence[str]) -> SummaryDraft:
        texts = [text for part in (TLDR, *WHOLE_PARTS) for text in read_texts(answer, part)[: part.most * 2]]
        written = self._check(texts, notebook)
        refused = [why for _text, why in written.failed]
        if written.failed:
            second = self._check(self._again(written.failed, lines), notebook)
            refused = _unmended(written, second)
            written.held.extend(second.held)
        material = self._material
        return replace(
            material.empty_draft(),
            tldr=self._tldr(written.held),
            key_moments=self._moments(notebook, numbers(answer, "kept")),
            tags=choose_tags(answer, material.trusted, material.index, material.written_in),
            categories=choose_categories(answer),
            parts=self._parts(notebook, written.held, numbers(answer, "kept")),
            withheld=count_withheld(refused),
        )

    def _check(self, texts: Sequence[Text], notebook: Notebook) -> _Written:
        material = self._material
        held: list[Entry] = []
        failed: list[tuple[Text, Refused]] = []
        for text in texts:
            refs = notebook.refs(text.notes)
            result = check_text(text, refs, material.transcript, material.index, material.written_in)
            if isinstance(result, Refused):
                failed.append((text, result))
            else:
                held.append(result)
        return _Written(held=held, failed=failed)

    def _again(self, failed: Sequence[tuple[Text, Refused]], lines: Sequence[str]) -> list[Text]:
        """The second try at what did not hold; nothing where the model has no usable answer to that."""
        wrong = [f"{text.part.slug}: {_as_line(text.fields)} -- {why.explanation}" for text, why in failed]
        user = again_reduce_user(self._material.video, lines, wrong, self._tasks())
        request = self._request(REDUCE_SYSTEM, reduce_schema(), "summary", lines, self._tasks(), user)
        try:
            answer = self._caller.ask(request)
        except ModelFailed as failure:
            if failure.failure in OF_THIS_ANSWER:
                return []
            raise
        room = {part.slug: sum(text.part is part for text, _why in failed) for part in (TLDR, *WHOLE_PARTS)}
        return [text for part in (TLDR, *WHOLE_PARTS) for text in read_texts(answer, part)[: room[part.slug]]]

    def _tldr(self, held: Sequence[Entry]) -> tuple[Item, ...]:
        """The sentences in the order they were written, up to the words and sentences that are allowed."""
        return within(
            [entry.item for entry in held if entry.part == TLDR.slug],
            self._material.rule.tldr_words,
            MOST_TLDR_SENTENCES,
        )

    def _moments(self, notebook: Notebook, kept: Sequence[int]) -> tuple[Item, ...]:
        """Those that were chosen; where no moment held, the first point of a chapter is one."""
        if notebook.moments:
            return notebook.moments
        chosen = [note.item for note in notebook.kept(kept, MOMENTS.slug)]
        if chosen:
            return tuple(chosen)
        firsts = {note.chapter: note for note in reversed(notebook.notes) if note.list_name == POINTS.slug}
        points = spread(sorted(firsts.values(), key=lambda note: note.number), _FALLBACK_MOMENTS)
        return tuple(as_item(MOMENTS.slug, note.item.text, note.item.evidence) for note in points)

    def _parts(self, notebook: Notebook, held: Sequence[Entry], kept: Sequence[int]) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        for part in PARTS:
            if part.about_whole:
                entries.extend(_unique([entry for entry in held if entry.part == part.slug])[: part.most])
                continue
            chosen = [note.entry for note in notebook.kept(kept, part.slug) if note.entry is not None]
            settled = [entry for entry in notebook.settled if entry.part == part.slug]
            entries.extend(sorted([*chosen, *settled], key=lambda entry: place_of(entry.item)))
        return tuple(entries)


def within(items: Sequence[Item], most_words: int, most_items: int) -> tuple[Item, ...]:
    """The first of the items that together keep to both bounds; one that does not fit is passed over."""
    kept: list[Item] = []
    words = 0.0
    for item in items:
        length = word_count(item.text)
        is_repeat = any(tokens(item.text) == tokens(other.text) for other in kept)
        if len(kept) < most_items and words + length <= most_words and not is_repeat:
            kept.append(item)
            words += length
    return tuple(kept)


def _unmended(first: _Written, second: _Written) -> list[Refused]:
    """Of what failed at first so many as the second try did not mend, with its reasons where it gave any."""
    mended = [entry.part for entry in second.held]
    left: list[Refused] = []
    for why in [refused for _text, refused in first.failed]:
        if why.part.slug in mended:
            mended.remove(why.part.slug)
        else:
            left.append(why)
    return left


def _unique(entries: Sequence[Entry]) -> list[Entry]:
    return list({entry.fields: entry for entry in entries}.values())


def _as_line(fields: Mapping[str, object]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in fields.items())
