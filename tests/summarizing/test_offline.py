from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.evidence import TranscriptIndex, ground, resolve
from core.domain.rendering import render_document
from core.domain.run import Stage, StageReport
from core.domain.summary import Item, SummaryDraft, draft_from_json
from core.domain.transcript import Segment, Transcript, TranscriptSource
from core.domain.video import Video, VideoChapter
from core.domain.words import tokens
from core.summarizing.offline import LEAST_POINTS, MOST_MOMENTS, OfflineEngine
from core.summarizing.sentences import word_count
from tests.conftest import SHARED
from tests.transcripts import timed, untimed

SUBJECTS = {
    "tokenizer": "words pieces vocabulary spaces letters bytes merges splits characters unknown",
    "attention": "heads queries keys values layers scores matrix softmax positions context",
    "training": "loss gradients batches epochs optimiser learning rate schedule steps memory",
    "dataset": "rows columns shards download cache stream filter labels licence articles",
}


def lecture(minutes: int = 20) -> Transcript:
    """A talk on four subjects in turn, a sentence every five seconds."""
    texts = []
    for number in range(minutes * 12):
        subject = list(SUBJECTS)[number * 4 // (minutes * 12)]
        words = SUBJECTS[subject].split()
        one, two, three = (words[(number * step) % len(words)] for step in (1, 3, 7))
        texts.append(f"So, um, the {subject} gives the {one} and the {two} to the {three} in step {number}.")
    return timed(*texts, seconds=5)


def summarize(transcript: Transcript, video: Video | None = None) -> SummaryDraft:
    return OfflineEngine().summarize(transcript, video or Video(), report=lambda _report: None)


def items(draft: SummaryDraft) -> list[Item]:
    return [*draft.tldr, *(p for chapter in draft.chapters for p in chapter.points), *draft.key_moments]


def test_every_line_is_made_of_the_words_of_its_quote_in_their_order() -> None:
    transcript = lecture()
    for line in items(summarize(transcript)):
        said = iter(tokens(resolve(line.evidence[0], transcript).quote))
        assert all(word in said for word in tokens(line.text)), line.text


def test_every_line_is_supported_and_free_of_filler() -> None:
    transcript = lecture()
    index = TranscriptIndex(transcript)
    for line in items(summarize(transcript)):
        assert ground(line.text, line.evidence, transcript, index).is_supported
        assert not re.search(r"\bum\b|^So", line.text)


def test_chapters_start_at_the_beginning_rise_and_each_has_a_point() -> None:
    draft = summarize(lecture(40))
    starts = [chapter.first_segment for chapter in draft.chapters]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert len(starts) > 1
    assert all(1 <= len(chapter.points) <= 3 for chapter in draft.chapters)


def test_points_moments_and_tldr_stay_within_their_bounds() -> None:
    draft = summarize(lecture(40))
    points = [point for chapter in draft.chapters for point in chapter.points]
    assert max(len(draft.chapters), LEAST_POINTS) <= len(points) <= len(draft.chapters) * 4
    assert len(draft.key_moments) == min(len(points), MOST_MOMENTS)
    assert 1 <= len(draft.tldr) <= 3
    assert sum(word_count(line.text) for line in draft.tldr) <= 60


def test_the_videos_own_chapters_win() -> None:
    own = (
        VideoChapter(start_ms=0, title="Hello"),
        VideoChapter(start_ms=200_000, title="Tokens & co"),
        VideoChapter(start_ms=900_000, title="Good bye"),
    )
    transcript = lecture()
    draft = summarize(transcript, Video(chapters=own))
    assert [chapter.title for chapter in draft.chapters] == ["Hello", "Tokens & co", "Good bye"]
    starts = [transcript.segments[chapter.first_segment].start_ms for chapter in draft.chapters]
    assert starts == [0, 200_000, 900_000]
    assert all(chapter.points for chapter in draft.chapters)


def test_an_own_chapter_without_speech_gives_way_to_the_one_that_is_spoken() -> None:
    own = (
        VideoChapter(start_ms=0, title="Opening music"),
        VideoChapter(start_ms=60_000, title="Tokens"),
        VideoChapter(start_ms=900_000, title="Good bye"),
    )
    said = lecture()
    shift = [replace(s, start_ms=(s.start_ms or 0) + 61_000, end_ms=(s.end_ms or 0) + 61_000) for s in said.segments]
    draft = summarize(replace(said, segments=tuple(shift)), Video(chapters=own))
    assert [chapter.title for chapter in draft.chapters] == ["Tokens", "Good bye"]


def test_a_longer_chapter_gets_more_points() -> None:
    def points_a_chapter(draft: SummaryDraft) -> float:
        return sum(len(chapter.points) for chapter in draft.chapters) / len(draft.chapters)

    assert points_a_chapter(summarize(lecture(240))) > points_a_chapter(summarize(lecture(40)))


def test_ids_are_unique_and_two_runs_are_equal() -> None:
    first, second = summarize(lecture()), summarize(lecture())
    assert first == second
    ids = [line.id for line in items(first)]
    assert len(set(ids)) == len(ids)


def test_a_draft_survives_its_json() -> None:
    draft = summarize(lecture())
    assert draft_from_json(draft.to_json()) == draft


def test_progress_names_the_stages_in_order_and_counts_chapters() -> None:
    seen: list[StageReport] = []
    OfflineEngine().summarize(lecture(), Video(), report=seen.append)
    order = [stage for stage, _group in itertools.groupby(report.stage for report in seen)]
    assert order == [Stage.READING, Stage.CHAPTERS, Stage.WRITING, Stage.CHECKING]
    assert all(0 <= report.share <= 1 for report in seen)
    assert any(re.fullmatch(r"\d,\d{3} words in \d+ chapters?", report.detail) for report in seen)


@pytest.mark.parametrize("text", ["Hello", "Yes.", "So, um", "five words are quite enough", "我们学习", "?!", "42"])
@pytest.mark.parametrize("make", [timed, untimed])
def test_the_smallest_transcript_still_gives_a_summary(make: object, text: str) -> None:
    transcript: Transcript = make(text, language=None)  # type: ignore[operator]
    draft = summarize(transcript)
    assert len(draft.chapters) == 1
    assert [point.text for point in draft.chapters[0].points] == [draft.tldr[0].text]


def test_untimed_text_in_one_paragraph_is_one_chapter() -> None:
    draft = summarize(untimed(" ".join(segment.text for segment in lecture().segments)))
    assert len(draft.chapters) == 1
    assert draft.chapters[0].points


def test_a_language_without_a_stop_list_is_summarised_and_marked_unsure() -> None:
    lines = ["Kissa nukkuu talossa ja koira juoksee metsässä.", "Järvi on kaunis ja metsä on vihreä kesällä."] * 20
    draft = summarize(timed(*lines, language="fi"))
    assert draft.is_unsure
    assert draft.tldr
    assert not summarize(lecture()).is_unsure


def test_chinese_is_summarised_in_chinese() -> None:
    lines = ["这个模型学习很多句子的意思。", "分词器把句子分成很多词语。", "训练数据来自很多网页和文章。"] * 12
    draft = summarize(timed(*lines, language="zh"))
    assert draft.language == "zh"
    assert all(re.search("[\u4e00-\u9fff]", line.text) for line in items(draft))


WORDS = (
    "the", "model", "um", "so", "yeah", "42", "learns.", "and", "what?", "机器学习。", "é", "it's", "--", "[x]", "(y",
    "...", "“q”",
)  # fmt: skip


LINES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(lines=LINES)
def test_any_words_at_all_give_a_supported_summary(lines: list[str]) -> None:
    transcript = timed(*lines, language=None)
    draft = summarize(transcript)
    document = render_document(id="x", status="done", draft=draft, transcript=transcript, video=Video())
    assert all(line["supported"] for line in [*document["tldr"], *document["key_moments"]])


def test_five_hours_are_read_in_seconds() -> None:
    path = SHARED / "fixtures" / "youtube" / "transcript_long_hf_en.xml"
    if not path.exists():
        pytest.skip("the five-hour track transcript_long_hf_en.xml is missing beside the project")
    transcript = _timed_text(path)
    draft = summarize(transcript)
    assert len(draft.chapters) > 10
    assert all(chapter.points for chapter in draft.chapters)


def _timed_text(path: Path) -> Transcript:
    rows = re.findall(r'<text start="([\d.]+)" dur="([\d.]+)">(.*?)</text>', path.read_text("utf-8"), re.DOTALL)
    segments = tuple(
        Segment(
            start_ms=round(float(start) * 1000),
            end_ms=round((float(start) + max(float(length), 0.01)) * 1000),
            text=" ".join(text.replace("&amp;#39;", "'").split()),
        )
        for start, length, text in rows
        if text.strip()
    )
    return Transcript(segments=segments, timed=True, language="en", source=TranscriptSource.YOUTUBE_MANUAL)
