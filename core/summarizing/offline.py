"""The embedded engine: a summary from the transcript's own sentences, with numpy alone and nothing left to chance."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from core.domain.evidence import TranscriptIndex, ground, spoken_language
from core.domain.languages import has_stop_list
from core.domain.run import Stage, StageReport
from core.domain.summary import Chapter, EngineName, Item, SummaryDraft
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.ports import Report
from core.summarizing.ranking import Ranking, central_scores, pick, rank
from core.summarizing.segmenting import find_chapters
from core.summarizing.sentences import Sentence, split_sentences, word_count
from core.summarizing.tags import find_tags
from core.summarizing.tfidf import Floats
from core.summarizing.titles import chapter_titles
from core.summarizing.version import OFFLINE_ENGINE_VERSION

# Authors set a chapter a moment after its first words as often as before them.
_OWN_SLACK_MS = 2_000
LEAST_POINTS = 5
MOST_MOMENTS = 12
# A chapter gets a point for about four minutes of speech, so that five hours do not read as thin as one.
_WORDS_A_POINT = 600
_POINTS_A_CHAPTER = 3
_POINTS_A_LONG_CHAPTER = 4
_POINT_SIMILARITY = 0.5
_TLDR_SIMILARITY = 0.4
_TLDR_SENTENCES, _TLDR_WORDS = 3, 60


class OfflineEngine:
    """The `SummaryEngine` that needs neither key nor network."""

    def summarize(self, transcript: Transcript, video: Video, *, report: Report) -> SummaryDraft:
        """A draft whose every text is made of words of its evidence, in their order."""
        report(StageReport(stage=Stage.READING))
        language = spoken_language(transcript)
        sentences = split_sentences(transcript)
        ranking = rank(sentences, language)
        report(StageReport(stage=Stage.CHAPTERS, detail=f"{_words(sentences):,} words"))
        own = _own_chapters(sentences, video)
        starts = list(own) or _chapter_starts(sentences, transcript)
        report(StageReport(stage=Stage.WRITING, detail=f"{_words(sentences):,} words in {_chapters(len(starts))}"))
        chapters, points = _write_chapters(ranking, starts, own, report)
        tldr = _items("tldr", ranking, _key_sentences(ranking))
        moments = _items("moment", ranking, _best(ranking, points, MOST_MOMENTS))
        tags = find_tags(sentences, transcript, video)
        draft = SummaryDraft(
            engine=EngineName.OFFLINE,
            engine_version=OFFLINE_ENGINE_VERSION,
            language=language,
            tldr=tldr,
            chapters=chapters,
            key_moments=moments,
            tags=tags,
            is_unsure=not has_stop_list(language),
        )
        _check(draft, transcript, report)
        return draft


def _chapter_starts(sentences: list[Sentence], transcript: Transcript) -> list[int]:
    """Sentences that open chapters; each chapter has a first segment of its own, the first that of the transcript."""
    starts: list[int] = []
    for number in find_chapters(sentences, transcript) if sentences else []:
        if not starts or sentences[number].span.first_segment > sentences[starts[-1]].span.first_segment:
            starts.append(number)
    return starts


def _own_chapters(sentences: list[Sentence], video: Video) -> dict[int, str]:
    """The video's own chapters, as titles by the sentence each opens with; empty where it has none, or no times.

    A chapter in which nobody speaks is left out.
    """
    own: dict[int, str] = {}
    starts_ms = [chapter.start_ms - _OWN_SLACK_MS for chapter in video.chapters]
    current, last_segment = -1, -1
    for number, sentence in enumerate(sentences if video.chapters else []):
        if sentence.start_ms is None:
            return {}
        chapter = bisect_right(starts_ms, sentence.start_ms) - 1
        if chapter > current and sentence.span.first_segment > last_segment:
            current, last_segment = chapter, sentence.span.first_segment
            own[number] = video.chapters[chapter].title
    return own if len(own) > 1 else {}


def _write_chapters(
    ranking: Ranking, starts: list[int], own: dict[int, str], report: Report
) -> tuple[tuple[Chapter, ...], list[int]]:
    """The chapters, and the numbers of all sentences that became their points."""
    ends = [*starts[1:], len(ranking.sentences)]
    stretches = [range(start, end) for start, end in zip(starts, ends, strict=True)]
    spoken = [[ranking.sentences[i] for i in stretch] for stretch in stretches]
    titles = list(own.values()) or chapter_titles(spoken, ranking.language)
    points = _choose_points(ranking, stretches)
    chapters: list[Chapter] = []
    for number, (title, stretch) in enumerate(zip(titles, stretches, strict=True)):
        mine = [i for i in points if i in stretch]
        first_segment = ranking.sentences[stretch.start].span.first_segment if number else 0
        chapters.append(Chapter(title=title, first_segment=first_segment, points=_items("point", ranking, mine)))
        share = (number + 1) / len(stretches)
        report(StageReport(stage=Stage.WRITING, share=share, detail=f"{number + 1} of {_chapters(len(stretches))}"))
    return tuple(chapters), points


def _choose_points(ranking: Ranking, stretches: list[range]) -> list[int]:
    """The best line of every chapter, then the best of the rest, in order.

    As many as the chapters' lengths ask for; never fewer than two more than chapters, and five.
    """
    scores = ranking.reading_scores
    points = [max(stretch, key=lambda i: (scores[i], -i)) for stretch in stretches]
    quotas = [_quota(ranking, stretch) for stretch in stretches]
    left = max(sum(quotas), len(stretches) + 2, LEAST_POINTS) - len(points)
    room = {number: max(quota, _POINTS_A_CHAPTER) - 1 for number, quota in enumerate(quotas)}
    chapter_of = {i: number for number, stretch in enumerate(stretches) for i in stretch}

    def fits(number: int) -> bool:
        nonlocal left
        chapter = chapter_of[number]
        if left <= 0 or room[chapter] <= 0:
            return False
        left -= 1
        room[chapter] -= 1
        return True

    candidates = [i for i in _by_score(scores) if np.isfinite(scores[i]) and i not in points]
    return sorted([*points, *pick(ranking, candidates, taken=points, max_similarity=_POINT_SIMILARITY, fits=fits)])


def _quota(ranking: Ranking, stretch: range) -> int:
    words = sum(word_count(ranking.sentences[i].text) for i in stretch)
    return min(max(round(words / _WORDS_A_POINT), 1), _POINTS_A_LONG_CHAPTER)


def _key_sentences(ranking: Ranking) -> list[int]:
    """Two or three best lines of at most 60 words together; a longer best line stands alone."""
    scores = central_scores(ranking)
    chosen: list[int] = []
    words = 0.0

    def fits(number: int) -> bool:
        nonlocal words
        length = word_count(ranking.lines[number])
        if len(chosen) >= _TLDR_SENTENCES or (chosen and words + length > _TLDR_WORDS):
            return False
        chosen.append(number)
        words += length
        return True

    candidates = [i for i in _by_score(scores) if np.isfinite(scores[i])]
    return sorted(pick(ranking, candidates, taken=[], max_similarity=_TLDR_SIMILARITY, fits=fits))


def _best(ranking: Ranking, points: list[int], count: int) -> list[int]:
    scores = ranking.reading_scores
    return sorted(sorted(points, key=lambda i: (-scores[i], i))[:count])


def _by_score(scores: Floats) -> list[int]:
    return sorted(range(len(scores)), key=lambda i: (-scores[i], i))


def _items(kind: str, ranking: Ranking, numbers: list[int]) -> tuple[Item, ...]:
    return tuple(_item(kind, ranking, number) for number in numbers)


def _item(kind: str, ranking: Ranking, number: int) -> Item:
    span = ranking.sentences[number].span
    text = ranking.lines[number] or ranking.sentences[number].text
    key = f"{kind}\0{text}\0{span.first_segment}:{span.start_char}-{span.last_segment}:{span.end_char}"
    return Item(id=hashlib.sha256(key.encode()).hexdigest()[:12], text=text, evidence=(span,))


def _check(draft: SummaryDraft, transcript: Transcript, report: Report) -> None:
    """Grounds every item as readers will, and tells how many hold: one that does not is shown as such."""
    items = list(_all_items(draft))
    report(StageReport(stage=Stage.CHECKING, detail=f"{len(items)} lines"))
    index = TranscriptIndex(transcript)
    held = sum(ground(item.text, item.evidence, transcript, index).is_supported for item in items)
    report(StageReport(stage=Stage.CHECKING, share=1.0, detail=f"{held} of {len(items)} lines supported"))


def _all_items(draft: SummaryDraft) -> Iterator[Item]:
    yield from draft.tldr
    for chapter in draft.chapters:
        yield from chapter.points
    yield from draft.key_moments


def _words(sentences: list[Sentence]) -> int:
    return round(sum(word_count(sentence.text) for sentence in sentences))


def _chapters(count: int) -> str:
    return f"{count} chapter{'' if count == 1 else 's'}"
