"""A transcript as it is stored and as it travels between processes: compressed words beside what is asked often."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.document import NoteDocument, TranscriptDocument
from core.domain.transcript import (
    CLEANER_VERSION,
    Note,
    NoteCode,
    Transcript,
    TranscriptSource,
    pack_segments,
    unpack_segments,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptFacts:
    """Everything of a stored transcript but its words."""

    sha256: str
    segment_count: int
    is_timed: bool
    duration_ms: int | None
    language: str | None
    source: str
    notes: tuple[NoteDocument, ...]

    def to_document(self) -> TranscriptDocument:
        return {
            "sha256": self.sha256,
            "source": self.source,
            "language": self.language,
            "segments": self.segment_count,
            "timed": self.is_timed,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedTranscript:
    """`segments` is `pack_segments` output. Packing and unpacking five hours takes tens of milliseconds."""

    facts: TranscriptFacts
    segments: bytes
    cleaner_version: int = CLEANER_VERSION


def pack_transcript(transcript: Transcript) -> PackedTranscript:
    """The inverse of `unpack_transcript`."""
    facts = TranscriptFacts(
        sha256=transcript.sha256,
        segment_count=len(transcript.segments),
        is_timed=transcript.timed,
        duration_ms=transcript.duration_ms,
        language=transcript.language,
        source=transcript.source.value,
        notes=tuple({"code": n.code.value, "count": n.count, "detail": n.detail} for n in transcript.notes),
    )
    return PackedTranscript(facts=facts, segments=pack_segments(transcript.segments))


def unpack_transcript(packed: PackedTranscript) -> Transcript:
    facts = packed.facts
    return Transcript(
        segments=unpack_segments(packed.segments),
        timed=facts.is_timed,
        language=facts.language,
        source=TranscriptSource(facts.source),
        notes=tuple(Note(code=NoteCode(n["code"]), count=n["count"], detail=n["detail"]) for n in facts.notes),
    )
