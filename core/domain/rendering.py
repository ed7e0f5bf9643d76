"""The one place where a stored draft becomes the JSON of a summary."""

from __future__ import annotations

import hashlib
import json

from core.domain.coverage import evidence_refs, measure_coverage
from core.domain.document import (
    DOCUMENT_VERSION,
    ChapterDocument,
    CoverageDocument,
    EntryDocument,
    EvidenceDocument,
    ItemDocument,
    NoteDocument,
    ReasonsDocument,
    SummaryDocument,
    TranscriptDocument,
    VideoDocument,
)
from core.domain.evidence import Reasons, TranscriptIndex, ground, resolve
from core.domain.summary import EvidenceRef, Item, SummaryDraft
from core.domain.transcript import CLEANER_VERSION, Note, NoteCode, Transcript
from core.domain.video import Video


def render_document(
    *,
    id: str,  # noqa: A002 - the name it has in the document
    status: str,
    draft: SummaryDraft,
    transcript: Transcript,
    video: Video,
    cost_microusd: int = 0,
    is_partial: bool = False,
) -> SummaryDocument:
    """The whole summary. Nothing in it depends on the clock: the same input gives the same document.

    `is_partial`: chapters may be missing between those of the draft, so that none knows where it ends.
    """
    duration_ms = total_duration_ms(transcript, video)
    reader = _ItemReader(transcript, draft.language)
    return {
        "id": id,
        "status": status,
        "engine": draft.engine.value,
        "model": draft.model,
        "language": draft.language,
        "video": _video(video, duration_ms),
        "tldr": [reader.item(item) for item in draft.tldr],
        "chapters": _chapters(draft, transcript, None if is_partial else duration_ms, reader, is_partial=is_partial),
        "key_moments": [reader.item(item) for item in draft.key_moments],
        "tags": [{"name": tag.name, "kind": None if tag.kind is None else tag.kind.value} for tag in draft.tags],
        "categories": list(draft.categories),
        "parts": _parts(draft, reader),
        "withheld": [{"part": w.part, "reason": w.reason.value, "count": w.count} for w in draft.withheld],
        "coverage": _coverage(draft, transcript, duration_ms),
        "transcript": _transcript(transcript, draft),
        "versions": {
            "document": DOCUMENT_VERSION, "cleaner": CLEANER_VERSION, "engine": draft.engine_version,
            "prompt": draft.prompt_version,
        },
        "cost_microusd": cost_microusd,
    }  # fmt: skip


def document_id(draft: SummaryDraft, transcript: Transcript) -> str:
    """32 hex digits over the words and the draft: where there is no database, equal content has an equal id."""
    content = json.dumps([transcript.sha256, draft.to_json()], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def document_schema() -> dict[str, object]:
    """JSON Schema of the document. Loads pydantic only when asked."""
    from pydantic import TypeAdapter

    schema: dict[str, object] = TypeAdapter(SummaryDocument).json_schema()
    return schema


def total_duration_ms(transcript: Transcript, video: Video) -> int | None:
    """The larger of the metadata's length and the last cue's end; None where neither is known."""
    return max((ms for ms in (video.duration_ms, transcript.duration_ms) if ms is not None), default=None)


class _ItemReader:
    """Items as documents; the index over the transcript is built once for all of them."""

    def __init__(self, transcript: Transcript, written_in: str | None) -> None:
        self._transcript = transcript
        self._written_in = written_in
        self._index = TranscriptIndex(transcript)

    def item(self, item: Item) -> ItemDocument:
        evidence = [self._evidence(ref) for ref in item.evidence]
        grounding = ground(item.text, item.evidence, self._transcript, self._index, written_in=self._written_in)
        first = evidence[0] if evidence else None
        return {
            "id": item.id,
            "text": item.text,
            "start_s": first["start_s"] if first else None,
            "end_s": first["end_s"] if first else None,
            "grounding": grounding.score,
            "supported": grounding.is_supported,
            "reasons": _reasons(grounding.reasons),
            "evidence": evidence,
        }

    def _evidence(self, ref: EvidenceRef) -> EvidenceDocument:
        found = resolve(ref, self._transcript)
        return {
            "segment_ids": list(found.segment_ids),
            "start_s": _seconds(found.start_ms),
            "end_s": _seconds(found.end_ms),
            "quote": found.quote,
        }


def _parts(draft: SummaryDraft, reader: _ItemReader) -> dict[str, list[EntryDocument]]:
    parts: dict[str, list[EntryDocument]] = {}
    for entry in draft.parts:
        fields = {name: list(value) if isinstance(value, tuple) else value for name, value in entry.fields}
        parts.setdefault(entry.part, []).append({**reader.item(entry.item), "fields": fields})
    return parts


def _reasons(reasons: Reasons) -> ReasonsDocument:
    return {
        "found_words": reasons.found_words,
        "total_words": reasons.total_words,
        "missing_numbers": list(reasons.missing_numbers),
        "missing_names": list(reasons.missing_names),
        "says_the_opposite": reasons.is_opposite,
        "is_word_for_word": reasons.is_word_for_word,
        "is_translated": reasons.is_translated,
    }


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else round(ms / 1000, 3)


def _video(video: Video, duration_ms: int | None) -> VideoDocument:
    return {
        "id": video.id,
        "title": video.title,
        "channel": video.channel,
        "duration_s": _seconds(duration_ms),
        "url": video.url,
        "thumbnail_url": video.thumbnail_url,
    }


def _chapters(
    draft: SummaryDraft, transcript: Transcript, duration_ms: int | None, reader: _ItemReader, *, is_partial: bool
) -> list[ChapterDocument]:
    starts = [transcript.segments[chapter.first_segment].start_ms for chapter in draft.chapters]
    if starts and starts[0] is not None and draft.chapters[0].first_segment == 0:
        starts[0] = 0
    ends = [None] * len(starts) if is_partial else [*starts[1:], duration_ms if transcript.timed else None]
    return [
        {
            "title": chapter.title,
            "start_s": _seconds(start_ms),
            "end_s": _seconds(end_ms),
            "points": [reader.item(point) for point in chapter.points],
        }
        for chapter, start_ms, end_ms in zip(draft.chapters, starts, ends, strict=True)
    ]


def _coverage(draft: SummaryDraft, transcript: Transcript, duration_ms: int | None) -> CoverageDocument:
    coverage = measure_coverage(evidence_refs(draft), transcript, duration_ms)
    gaps = [[round(start / 1000, 3), round(end / 1000, 3)] for start, end in coverage.gaps_ms]
    return {"ratio": None if coverage.ratio is None else round(coverage.ratio, 4), "gaps": gaps}


def _transcript(transcript: Transcript, draft: SummaryDraft) -> TranscriptDocument:
    notes = list(transcript.notes)
    if draft.is_unsure and all(note.code is not NoteCode.UNSURE_LANGUAGE for note in notes):
        notes.append(Note(code=NoteCode.UNSURE_LANGUAGE, detail=draft.language or ""))
    return {
        "sha256": transcript.sha256,
        "source": transcript.source.value,
        "language": transcript.language,
        "segments": len(transcript.segments),
        "timed": transcript.timed,
        "notes": [_note(note) for note in notes],
    }


def _note(note: Note) -> NoteDocument:
    return {"code": note.code.value, "count": note.count, "detail": note.detail}
