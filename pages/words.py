"""What the pages call things: stages, sources, rungs, repairs and amounts in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from core.domain.document import NoteDocument
from core.domain.output_languages import output_language
from core.domain.run import Stage
from core.domain.rungs import RUNGS
from core.domain.timecode import format_timecode
from core.domain.transcript import NoteCode, TranscriptSource

CAPTION_FORMATS = "SRT · VTT · SBV · TTML · JSON3 · TXT"
# What a file dialogue offers first; the format itself is told from the content.
CAPTION_SUFFIXES = ".srt,.vtt,.sbv,.ttml,.xml,.json,.json3,.srv1,.srv3,.dfxp,.txt"

STAGE_NAMES: dict[str, str] = {
    Stage.QUEUED: "In the queue",
    Stage.FETCHING: "Captions",
    Stage.READING: "Reading",
    Stage.CHAPTERS: "Chapters",
    Stage.WRITING: "Writing",
    Stage.CHECKING: "Checking every line",
    Stage.DONE: "Done",
}

_SOURCES: dict[str, str] = {
    TranscriptSource.UPLOAD: "captions from a file",
    TranscriptSource.PASTE: "a pasted transcript",
    TranscriptSource.YOUTUBE_MANUAL: "captions from YouTube, written by hand",
    TranscriptSource.YOUTUBE_GENERATED: "captions made by YouTube",
    TranscriptSource.GUMLOOP: "captions by way of Gumloop",
    TranscriptSource.SPEECH: "speech to text from the sound",
    TranscriptSource.GUMLOOP: "a transcript by way of Gumloop",
    TranscriptSource.SPEECH: "speech turned into text by machine",
}

# Those that are climbed, and the two that need no climbing.
RUNG_NAMES: dict[str, str] = {
    "cache": "Captions we already hold",
    "upload": "The file you gave",
    **{rung.name: rung.title for rung in RUNGS},
}

ENGINE_NAMES: dict[str, str] = {"offline": "offline engine", "openai": "language model"}


def _counted(one: str, many: str) -> Callable[[int, str], str]:
    return lambda count, _detail: one if count == 1 else many.format(count=f"{count:,}")


_NOTES: dict[str, Callable[[int, str], str]] = {
    NoteCode.OVERLAPS_TRIMMED: _counted(
        "One caption overlapped the next; its end was moved.", "{count} captions overlapped; their ends were moved."
    ),
    NoteCode.REORDERED: _counted(
        "One caption stood out of order and was put in its place.",
        "{count} captions stood out of order and were put in their places.",
    ),
    NoteCode.ZERO_LENGTH: _counted(
        "One caption had no length and was given some.", "{count} captions had no length and were given some."
    ),
    NoteCode.REPEATS_MERGED: _counted(
        "One rolling repeat was merged.", "{count} rolling repeats were merged, as automatic captions have them."
    ),
    NoteCode.MARKUP_REMOVED: _counted(
        "Markup was removed from one caption.", "Markup was removed from {count} captions."
    ),
    NoteCode.SOUND_MARKS_REMOVED: _counted(
        "One mark such as [Music] was left out.", "{count} marks such as [Music] were left out."
    ),
    NoteCode.CONTROL_CHARACTERS_REMOVED: _counted(
        "One invisible control character was removed.", "{count} invisible control characters were removed."
    ),
    NoteCode.BIDI_OVERRIDES_REMOVED: _counted(
        "One character that could disguise the direction of text was removed.",
        "{count} characters that could disguise the direction of text were removed.",
    ),
    NoteCode.NEGATIVE_TIMES_CLAMPED: _counted(
        "One time before the start was set to 0:00.", "{count} times before the start were set to 0:00."
    ),
    NoteCode.BAD_CUES_SKIPPED: _counted(
        "One caption could not be read and was skipped.", "{count} captions could not be read and were skipped."
    ),
    NoteCode.LONG_LINES_SPLIT: _counted("One very long line was split.", "{count} very long lines were split."),
    NoteCode.DECODED_AS: lambda _count, detail: (
        f"The file is not UTF-8; it was read as {detail or 'another encoding'}."
    ),
    NoteCode.FORMAT_DIFFERS: lambda _count, detail: (
        f"The content is {detail}, whatever the file's name says."
        if detail
        else "The content is not what its name says."
    ),
    NoteCode.TRACK_ENDS_EARLY: lambda _count, detail: (
        f"The captions end at {detail}, before the video does." if detail else "The captions end before the video does."
    ),
    NoteCode.UNSURE_LANGUAGE: lambda _count, _detail: (
        "This language is new to the engine: it is less sure which lines matter most."
    ),
}


def note_sentence(note: NoteDocument) -> str:
    """One repair as a sentence; an unknown code is still said, by its name."""
    sentence = _NOTES.get(note["code"])
    return sentence(note["count"], note["detail"]) if sentence else f"{note['code'].replace('_', ' ').capitalize()}."


def language_name(tag: str | None) -> str | None:
    """English name of a BCP 47 tag; the tag itself where it has none here; None for none."""
    if tag is None:
        return None
    listed = output_language(tag)
    return listed.name if listed else tag


def source_phrase(source: str, language: str | None) -> str:
    """Where the words came from: "English captions made by YouTube"."""
    phrase, name = _SOURCES.get(source, "captions"), language_name(language)
    if name is None or not phrase.startswith("captions"):
        return phrase[0].upper() + phrase[1:]
    return f"{name} {phrase}"


def clock(seconds: float) -> str:
    """A place on the timeline: "0:00", "13:59", "1:08:38"."""
    return format_timecode(round(seconds * 1000))


def percent(ratio: float) -> str:
    """A share as people read it: never "100 %" for less than all, nor "0 %" for more than nothing."""
    rounded = round(ratio * 100)
    if rounded == 100 and ratio < 1:
        rounded = 99
    if rounded == 0 and ratio > 0:
        return "under 1 %"
    return f"{rounded} %"


def length_phrase(seconds: float) -> str:
    """A stretch of time, rounded to what matters: "40 s", "8 min", "1 h 10 min"."""
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def seconds_phrase(seconds: float | None) -> str:
    """How long something took: "1.2 s", "14 s"; a dash where it did not run."""
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 10 else f"{round(seconds)} s"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago something was: "just now", "5 minutes ago", "yesterday", "12 days ago"."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
    hours = minutes // 60
    if hours < 24:
        return "an hour ago" if hours == 1 else f"{hours} hours ago"
    days = hours // 24
    return "yesterday" if days == 1 else f"{days} days ago"
