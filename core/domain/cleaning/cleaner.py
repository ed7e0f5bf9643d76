"""The cleaner: repairs what speech in captions really looks like, and counts every repair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.domain.captions.errors import NoWords
from core.domain.captions.times import check_cue_times
from core.domain.cleaning.lines import clean_lines, has_leading_chevrons
from core.domain.cleaning.paragraphs import cut_paragraphs
from core.domain.cleaning.rolling import merge_rolling
from core.domain.cleaning.speakers import split_speakers
from core.domain.cleaning.spoken import Repairs, Spoken
from core.domain.cleaning.timeline import in_order, lay_out
from core.domain.marks import is_only_marks
from core.domain.transcript import Cue, Note, NoteCode, Transcript, TranscriptSource


def clean_cues(
    cues: Sequence[Cue], *, language: str | None, source: TranscriptSource, notes: Iterable[Note] = ()
) -> Transcript:
    """The transcript of the cues, its segments as Segment promises, with `notes` and a note for each kind of repair.

    Timed when any cue is: text without a time then belongs to the cue before it.
    Raises NoWords when no speech is left, BadCaptionTimes for times past 99 h or negative throughout.
    """
    check_cue_times(cues)
    repairs: Repairs = Repairs()
    timed = any(cue.start_ms is not None for cue in cues)
    spoken = _read(cues, repairs, timed=timed)
    if timed:
        spoken = merge_rolling(in_order(spoken, repairs), repairs)
    spoken = _with_words(split_speakers(spoken), repairs)
    if not spoken:
        raise NoWords("No spoken words are left in these captions. Check that it is the right file.")
    segments = lay_out(spoken, repairs) if timed else cut_paragraphs(spoken, repairs)
    return Transcript(
        segments=tuple(segments),
        timed=timed,
        language=language,
        source=source,
        notes=_merge_notes(notes, repairs),
    )


def _read(cues: Sequence[Cue], repairs: Repairs, *, timed: bool) -> list[Spoken]:
    """The cues that hold words, their lines clean."""
    has_chevrons = any(has_leading_chevrons(cue.text) for cue in cues)
    spoken: list[Spoken] = []
    waiting: list[str] = []
    for number, cue in enumerate(cues):
        lines = clean_lines(cue.text, repairs, drop_chevrons=has_chevrons)
        if timed and cue.start_ms is None:
            (spoken[-1].lines if spoken else waiting).extend(lines)
        elif lines:
            start_ms = number if cue.start_ms is None else cue.start_ms
            speaker = _clean_name(cue.speaker)
            spoken.append(Spoken(start_ms=start_ms, end_ms=cue.end_ms, lines=waiting + lines, speaker=speaker))
            waiting = []
    return spoken


def _with_words(spoken: list[Spoken], repairs: Repairs) -> list[Spoken]:
    """Without cues of which repeats and names left nothing but points or a mark of sound ("ANNA: (laughs)")."""
    kept = [cue for cue in spoken if not is_only_marks("\n".join(cue.lines))]
    repairs[NoteCode.SOUND_MARKS_REMOVED] += len(spoken) - len(kept)
    return kept


def _clean_name(speaker: str | None) -> str | None:
    """A speaker's name as one clean line, or None where nothing is left of it."""
    return " ".join(clean_lines(speaker, Repairs())) or None if speaker else None


def _merge_notes(notes: Iterable[Note], repairs: Repairs) -> tuple[Note, ...]:
    """One note a code, in the order of NoteCode, counts added up; details of the parser's notes kept."""
    counts = Repairs({code: count for code, count in repairs.items() if count > 0})
    details: dict[NoteCode, list[str]] = {}
    for note in notes:
        counts[note.code] += note.count
        if note.detail:
            details.setdefault(note.code, []).append(note.detail)
    return tuple(
        Note(code=code, count=counts[code], detail="; ".join(details.get(code, [])))
        for code in NoteCode
        if counts[code]
    )
