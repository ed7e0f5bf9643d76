"""Broken tracks are refused; short, sparse and unpunctuated ones are not."""

from __future__ import annotations

import pytest

from core.domain.broken_track import check_track
from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.transcript import NoteCode, Segment, Transcript, TranscriptSource
from core.domain.video import Video


def track(*texts: str, each_ms: int = 3000, step_ms: int = 3000) -> Transcript:
    segments = tuple(
        Segment(start_ms=place * step_ms, end_ms=place * step_ms + each_ms, text=text)
        for place, text in enumerate(texts)
    )
    return Transcript(segments=segments, timed=True, language="en", source=TranscriptSource.YOUTUBE_MANUAL)


def lasting(seconds: int) -> Video:
    return Video(id="okNormal-00", duration_ms=seconds * 1000)


def reason_of(transcript: Transcript, video: Video) -> str:
    with pytest.raises(TranscriptUnavailable) as caught:
        check_track(transcript, video)
    assert caught.value.failure is CaptionFailure.BROKEN_TRACK
    assert caught.value.video == video
    return caught.value.message


def test_the_recorded_page_passes_with_a_note() -> None:
    recorded = track("Hey, this is just a test", "this is not the original transcript", "I made up for testing")
    checked = check_track(recorded, lasting(316))
    assert checked.segments == recorded.segments
    assert [(note.code, note.detail) for note in checked.notes] == [(NoteCode.TRACK_ENDS_EARLY, "9 of 316 s")]


@pytest.mark.parametrize("ending", ["and then we went to the,", "so what we need is –", "and then"])
def test_a_punctuated_track_that_stops_in_mid_sentence_is_broken(ending: str) -> None:
    cut = track("One thing.", "Another thing.", ending)
    assert "middle of a sentence" in reason_of(cut, lasting(600))


@pytest.mark.parametrize("ending", ["That is all.", "Is that all?", "“That is all.”", "以上です。", "وهذا كل شيء؟"])
def test_a_short_track_that_ends_its_sentence_is_only_noted(ending: str) -> None:
    checked = check_track(track("One thing.", "Another thing.", ending), lasting(600))
    assert [note.code for note in checked.notes] == [NoteCode.TRACK_ENDS_EARLY]


def test_a_track_without_punctuation_is_not_judged_by_its_last_word() -> None:
    checked = check_track(track("one thing", "another thing", "and then we went to the"), lasting(600))
    assert [note.code for note in checked.notes] == [NoteCode.TRACK_ENDS_EARLY]


def test_an_unfinished_end_does_not_matter_where_a_third_is_covered() -> None:
    checked = check_track(track("One thing.", "Another thing.", "and then,"), lasting(25))
    assert [note.code for note in checked.notes] == [NoteCode.TRACK_ENDS_EARLY]


def test_a_sparse_track_up_to_the_end_is_whole_whatever_its_last_mark() -> None:
    sparse = track("One thing.", "Another thing.", "thanks", step_ms=200_000)
    assert check_track(sparse, lasting(410)).notes == ()


def test_a_long_video_with_five_minutes_missing_is_noted() -> None:
    talk = track(*["A sentence of six words here."] * 1000)
    assert check_track(talk, lasting(3000 + 299)).notes == ()
    assert [note.code for note in check_track(talk, lasting(3000 + 300)).notes] == [NoteCode.TRACK_ENDS_EARLY]


def test_more_words_than_a_mouth_can_say_are_broken() -> None:
    assert "more words than" in reason_of(track("word " * 80, each_ms=2000), lasting(3))


def test_the_fastest_speech_on_record_is_speech() -> None:
    fastest = track("word " * 637, each_ms=60_000)
    assert check_track(fastest, lasting(60)) == fastest


def test_a_few_words_in_no_time_are_left_to_the_cleaner() -> None:
    flash = track("nine words that are shown for next to nothing", each_ms=10)
    assert check_track(flash, Video(id="okNormal-00")) == flash


def test_times_whose_words_are_gone_are_broken() -> None:
    assert "almost no words" in reason_of(track("uh", each_ms=90_000), lasting(90))


def test_without_a_known_length_or_times_nothing_is_judged() -> None:
    cut = track("One thing.", "Another thing.", "and then,")
    assert check_track(cut, Video(id="okNormal-00")) == cut
    untimed = Transcript(
        segments=(Segment(start_ms=None, end_ms=None, text="words"),),
        timed=False,
        language=None,
        source=TranscriptSource.YOUTUBE_MANUAL,
    )
    assert check_track(untimed, lasting(600)) == untimed
