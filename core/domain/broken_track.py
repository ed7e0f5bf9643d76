"""Is a fetched caption track whole? Told from the track itself and the video's length, whichever rung it came by."""

from __future__ import annotations

from dataclasses import replace

from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.transcript import Note, NoteCode, Segment, Transcript
from core.domain.video import Video

# The fastest talker on record reached 637 words a minute, 10.6 a second: a whole track above that is not speech.
MOST_WORDS_PER_S = 12.0
# Ours: under one word in ten seconds of shown captions, the words are gone and only their times are left.
LEAST_WORDS_PER_S = 0.1
# Below these amounts a rate is chance: a few zero-length cues, or one line left standing.
LEAST_WORDS_FOR_RATE = 50
LEAST_SHOWN_MS_FOR_RATE = 60_000

LEAST_COVERED_RATIO = 1 / 3
# As long as a gap must be to be named in the summary's coverage; in shorter videos, half of the video.
EARLY_END_MS = 300_000

# A track that never writes sentence ends says nothing by lacking one at its own end.
_PUNCTUATED_RATIO = 0.1
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "．", "؟", "۔", "।", "॥", "։", "።", "♪")
_UNFINISHED_ENDS = (",", ";", ":", "-", "–", "—", "、", "，", "；", "：", "،", "؛")
_CLOSING_MARKS = "\"'”’»)]}」』） \u200e\u200f"


def check_track(transcript: Transcript, video: Video) -> Transcript:
    """`transcript`, with a TRACK_ENDS_EARLY note where the video goes on without captions.

    Raises TranscriptUnavailable (broken_track) where words and times cannot belong together, or where the captions
    stop in mid-sentence with less than a third of the video covered. A track that is only short is no failure.
    """
    if not transcript.timed or not transcript.segments:
        return transcript
    if reason := _find_break(transcript.segments, video.duration_ms):
        raise TranscriptUnavailable(CaptionFailure.BROKEN_TRACK, FailureContext(video=video, reason=reason))
    if not _ends_early(transcript.segments, video.duration_ms):
        return transcript
    return replace(transcript, notes=(*transcript.notes, _early_end_note(transcript.segments, video.duration_ms or 0)))


def _find_break(segments: tuple[Segment, ...], video_ms: int | None) -> str:
    """Why the track cannot be right, as part of a sentence; empty where it can."""
    words = sum(len(segment.text.split()) for segment in segments)
    shown_ms = _shown_ms(segments)
    if words >= LEAST_WORDS_FOR_RATE and words > MOST_WORDS_PER_S * shown_ms / 1000:
        return "more words than anyone can say in the time they are shown"
    if shown_ms >= LEAST_SHOWN_MS_FOR_RATE and words < LEAST_WORDS_PER_S * shown_ms / 1000:
        return "almost no words in the time they are shown"
    is_thin = video_ms is not None and shown_ms < LEAST_COVERED_RATIO * video_ms
    if is_thin and _ends_early(segments, video_ms) and _ends_in_mid_sentence(segments):
        return "they stop in the middle of a sentence, long before the video ends"
    return ""


def _shown_ms(segments: tuple[Segment, ...]) -> int:
    return sum((segment.end_ms or 0) - (segment.start_ms or 0) for segment in segments)


def _ends_early(segments: tuple[Segment, ...], video_ms: int | None) -> bool:
    if video_ms is None:
        return False
    return video_ms - _end_ms(segments) >= min(EARLY_END_MS, video_ms / 2)


def _end_ms(segments: tuple[Segment, ...]) -> int:
    return max(segment.end_ms or 0 for segment in segments)


def _early_end_note(segments: tuple[Segment, ...], video_ms: int) -> Note:
    detail = f"{_end_ms(segments) // 1000} of {video_ms // 1000} s"
    return Note(code=NoteCode.TRACK_ENDS_EARLY, detail=detail)


def _ends_in_mid_sentence(segments: tuple[Segment, ...]) -> bool:
    """True only on a positive sign: a comma or dash at the end, or no full stop in a track that writes them."""
    last = segments[-1].text.rstrip(_CLOSING_MARKS)
    if last.endswith(_UNFINISHED_ENDS):
        return True
    finished = sum(segment.text.rstrip(_CLOSING_MARKS).endswith(_SENTENCE_ENDS) for segment in segments)
    return finished >= _PUNCTUATED_RATIO * len(segments) and not last.endswith(_SENTENCE_ENDS)
