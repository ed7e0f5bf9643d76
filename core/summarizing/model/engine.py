"""The engine that asks a language model: chunks are mapped side by side, and the whole is written from what held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace

from core.domain.evidence import TranscriptIndex, ground
from core.domain.model import ModelFailed, ModelFailure
from core.domain.run import Stage, StageReport
from core.domain.summary import Chapter, Entry, Item, SummaryDraft, Withheld
from core.domain.transcript import Transcript
from core.domain.verification import clean_text
from core.domain.video import Video
from core.ports import Report
from core.summarizing.model.answers import POINTS, TLDR
from core.summarizing.model.checkpoints import Checkpoints, OnPart
from core.summarizing.model.chunks import Chunk, Cutter
from core.summarizing.model.mapping import ChunkWriter, joined
from core.summarizing.model.material import Asks, Material
from core.summarizing.model.offered import segment_line
from core.summarizing.model.options import MODEL_ENGINE_VERSION, ModelOptions
from core.summarizing.model.orders import without_orders
from core.summarizing.model.prompts import MAP_SYSTEM, MOST_TLDR_SENTENCES
from core.summarizing.model.reducing import Reducer, within
from core.summarizing.model.schemas import map_schema
from core.summarizing.model.sizes import MOST_CHUNK_TOKENS, room_tokens, segment_tokens
from core.summarizing.model.verifying import add_withheld, as_item, why_unsupported
from core.summarizing.offline import OfflineEngine
from core.summarizing.version import OFFLINE_ENGINE_VERSION

# Ids of lines that the offline engine wrote begin with this: they stand in where no line of the model's held.
OFFLINE_MARK = "offline-"


class ModelEngine:
    """The `SummaryEngine` that needs a language model.

    `finished` holds parts by key that earlier attempts kept: no call is made for them. `on_part` hears of each new one,
    from several threads but never twice at once.

    Where no line of the model's held for a chapter that is not silent, or for the TL;DR, the offline engine's best
    line stands there. Its id begins with `OFFLINE_MARK`, and `engine_version` then names both engines. It is in the
    spoken language whatever language the rest is in.
    """

    def __init__(
        self,
        *,
        map_caller: Asks,
        reduce_caller: Asks,
        options: ModelOptions,
        finished: Mapping[str, dict[str, object]],
        on_part: OnPart,
    ) -> None:
        self._map_caller = map_caller
        self._reduce_caller = reduce_caller
        self._options = options
        self._finished = finished
        self._on_part = on_part

    def summarize(self, transcript: Transcript, video: Video, *, report: Report) -> SummaryDraft:
        """A draft in which every line holds against the speech.

        Raises ModelFailed once all that could be finished is finished and told to `on_part`.
        """
        report(StageReport(stage=Stage.READING))
        material = self._read(transcript, video)
        cutter = Cutter(transcript, lambda number: segment_tokens(segment_line(transcript, number)))
        chunks = cutter.chunks(material.plain.chapters, most_chunk_tokens(self._options.context_tokens))
        report(StageReport(stage=Stage.CHAPTERS, detail=f"{len(material.plain.chapters)} chapters"))
        checkpoints = Checkpoints(self._finished, self._on_part, transcript.sha256)
        writer = ChunkWriter(material, self._map_caller, checkpoints, cutter)
        mapped = joined(self._map(writer, chunks, report), material)
        chapters = _whole_chapters(material, mapped.chapters)
        report(StageReport(stage=Stage.CHECKING, detail="the whole"))
        reducer = Reducer(material, self._reduce_caller, checkpoints)
        whole = reducer.reduce(chapters, mapped.key_moments, mapped.parts)
        draft = replace(whole, chapters=chapters, withheld=add_withheld([*mapped.withheld, *whole.withheld]))
        finished = _checked(_filled(draft, material), material)
        report(StageReport(stage=Stage.CHECKING, share=1.0, detail=_count(finished)))
        return finished

    def _read(self, transcript: Transcript, video: Video) -> Material:
        trusted = without_orders(transcript)
        plain = OfflineEngine().summarize(trusted, video, report=lambda _report: None)
        return Material(
            transcript=transcript,
            trusted=trusted,
            video=video,
            index=TranscriptIndex(trusted),
            plain=plain,
            options=self._options,
            written_in=self._options.language or plain.language,
        )

    def _map(self, writer: ChunkWriter, chunks: Sequence[Chunk], report: Report) -> list[SummaryDraft]:
        """The drafts in the order of the chunks. One chunk's failure is raised when the others are done."""
        with ThreadPoolExecutor(max_workers=self._options.concurrency, thread_name_prefix="chunk") as pool:
            futures = [pool.submit(writer.write, chunk, len(chunks)) for chunk in chunks]
            try:
                failed = _follow(futures, report)
            except BaseException:
                _cancel(futures)
                raise
        if failed:
            raise next(failure for future in futures if (failure := failed.get(future)) is not None)
        return [future.result() for future in futures]


def _follow(futures: Sequence[Future[SummaryDraft]], report: Report) -> dict[Future[SummaryDraft], ModelFailed]:
    """Waits for all, tells how far they are, and gives those that the model failed."""
    report(StageReport(stage=Stage.WRITING, detail=_of(0, len(futures))))
    failed: dict[Future[SummaryDraft], ModelFailed] = {}
    for done, future in enumerate(as_completed(futures), 1):
        failure = _failure_of(future)
        if failure is not None:
            failed[future] = failure
            _stop_where_hopeless(failure, futures)
        detail = _of(done - len(failed), len(futures))
        report(StageReport(stage=Stage.WRITING, share=done / len(futures), detail=detail))
    return failed


def most_chunk_tokens(context_tokens: int) -> int:
    """The most tokens of transcript that one chunk offers."""
    return min(MOST_CHUNK_TOKENS, room_tokens(context_tokens, MAP_SYSTEM, map_schema(())))


def _failure_of(future: Future[SummaryDraft]) -> ModelFailed | None:
    """What the model failed with; None where the chunk is written or was never begun. All else is raised."""
    if future.cancelled():
        return None
    error = future.exception()
    if error is None or isinstance(error, ModelFailed):
        return error
    raise error


def _stop_where_hopeless(failure: ModelFailed, futures: Iterable[Future[SummaryDraft]]) -> None:
    """Chunks not begun yet are left where the failure is not of one chunk: each would only wait for the same."""
    rule = failure.rule
    if rule.waits or rule.is_operator_fault or failure.failure is ModelFailure.CAP_REACHED:
        _cancel(futures)


def _cancel(futures: Iterable[Future[SummaryDraft]]) -> None:
    for future in futures:
        future.cancel()


def _whole_chapters(material: Material, slices: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """The chapters, put together from the slices that long ones were read in."""
    plain = material.plain.chapters
    ends = [chapter.first_segment for chapter in plain[1:]] + [len(material.transcript.segments)]
    chapters: list[Chapter] = []
    taken: set[str] = set()
    for chapter, end in zip(plain, ends, strict=True):
        mine = [part for part in slices if chapter.first_segment <= part.first_segment < end]
        fallback = clean_text(chapter.title) or f"Part {len(chapters) + 1}"
        written = (part.title for part in mine if part.title != fallback and part.title.casefold() not in taken)
        title = next(written, fallback)
        taken.add(title.casefold())
        points = tuple(point for part in mine for point in part.points)
        chapters.append(Chapter(title=title, first_segment=chapter.first_segment, points=points))
    return tuple(chapters)


def _filled(draft: SummaryDraft, material: Material) -> SummaryDraft:
    """No chapter without a point and no empty TL;DR: the offline engine's lines stand in, and say so."""
    chapters = tuple(
        chapter if chapter.points else replace(chapter, points=_stand_in(POINTS.slug, plain.points)[:1])
        for chapter, plain in zip(draft.chapters, material.plain.chapters, strict=True)
    )
    tldr = draft.tldr
    if not tldr:
        lines = _stand_in(TLDR.slug, material.plain.tldr)
        tldr = within(lines, material.rule.tldr_words, MOST_TLDR_SENTENCES)
    tags = draft.tags or tuple(tag for tag in material.plain.tags if clean_text(tag.name) == tag.name)
    filled = replace(draft, chapters=chapters, tldr=tldr, tags=tags)
    if not any(item.id.startswith(OFFLINE_MARK) for item in lines_of(filled)):
        return filled
    return replace(filled, engine_version=f"{MODEL_ENGINE_VERSION}+{OFFLINE_ENGINE_VERSION}")


def _stand_in(kind: str, lines: Sequence[Item]) -> tuple[Item, ...]:
    """Offline lines under a marked id, as plain text as everything else here."""
    cleaned = [(clean_text(line.text), line.evidence) for line in lines]
    kept = [(text, refs) for text, refs in cleaned if any(map(str.isalnum, text))]
    return tuple(as_item(kind, text, refs, mark=OFFLINE_MARK) for text, refs in kept)


def _checked(draft: SummaryDraft, material: Material) -> SummaryDraft:
    """Once more as every reader will ground it: what would be shown as unsupported is not handed on at all."""
    withheld: list[Withheld] = list(draft.withheld)
    holds = _holder(material, withheld)
    return replace(
        draft,
        tldr=tuple(item for item in draft.tldr if holds(TLDR.slug, item)),
        chapters=tuple(
            replace(chapter, points=tuple(item for item in chapter.points if holds(POINTS.slug, item)))
            for chapter in draft.chapters
        ),
        key_moments=tuple(item for item in draft.key_moments if holds("key_moments", item)),
        parts=tuple(entry for entry in draft.parts if holds(entry.part, entry.item)),
        withheld=add_withheld(withheld),
    )


def _holder(material: Material, withheld: list[Withheld]) -> Callable[[str, Item], bool]:
    index = TranscriptIndex(material.transcript)

    def holds(kind: str, item: Item) -> bool:
        grounding = ground(item.text, item.evidence, material.transcript, index, written_in=material.written_in)
        if not grounding.is_supported:
            withheld.append(Withheld(part=kind, reason=why_unsupported(grounding)[0], count=1))
        return grounding.is_supported

    return holds


def lines_of(draft: SummaryDraft) -> Iterator[Item]:
    """Every line of a draft that rests on evidence."""
    yield from draft.tldr
    for chapter in draft.chapters:
        yield from chapter.points
    yield from draft.key_moments
    entry: Entry
    for entry in draft.parts:
        yield entry.item


def _of(done: int, parts: int) -> str:
    return f"{done} of {parts} {'part' if parts == 1 else 'parts'}"


def _count(draft: SummaryDraft) -> str:
    shown = sum(1 for _item in lines_of(draft))
    left_out = sum(each.count for each in draft.withheld)
    return f"{shown} lines supported" + (f", {left_out} left out" if left_out else "")
