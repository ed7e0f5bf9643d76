from __future__ import annotations

import uuid
from dataclasses import dataclass

from core.cli.markdown import to_markdown
from core.domain.document import ItemDocument, SummaryDocument
from core.domain.parts import PARTS
from core.domain.run import RunState
from tests.factories.rich_summary import offline_document, rich_document
from tests.fakes import document


@dataclass
class Line:
    text: str
    start_s: float | None = 4118.5
    supported: bool = True

    def item(self) -> ItemDocument:
        return {
            "id": "a", "text": self.text, "start_s": self.start_s, "end_s": self.start_s, "grounding": 1.0,
            "supported": self.supported, "evidence": [],
        }  # fmt: skip


def with_lines(*lines: Line, video_id: str | None = None) -> SummaryDocument:
    made = document(uuid.UUID(int=1), RunState.DONE)
    made["tldr"] = [line.item() for line in lines]
    made["video"]["id"] = video_id
    return made


def test_times_of_a_video_are_links_to_that_second() -> None:
    text = to_markdown(with_lines(Line("So it goes."), video_id="dQw4w9WgXcQ"))
    assert "- So it goes. [1:08:38](https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=4118s)" in text


def test_without_a_video_or_a_time_there_is_nothing_to_link() -> None:
    text = to_markdown(with_lines(Line("Timed."), Line("Untimed.", start_s=None)))
    assert "- Timed. [1:08:38]\n- Untimed.\n" in text
    assert "](" not in text


def test_a_line_without_support_says_so() -> None:
    assert "- Odd. *(not supported by the transcript)* [1:08:38]" in to_markdown(
        with_lines(Line("Odd.", supported=False))
    )


def test_spoken_words_are_not_taken_for_markup() -> None:
    text = to_markdown(with_lines(Line("use `x_y` and <b> or [a](b) #1 *now* | then")))
    assert r"use \`x\_y\` and \<b\> or \[a\](b) \#1 \*now\* \| then" in text


def test_chapters_tags_gaps_and_notes_are_told() -> None:
    made = with_lines(Line("First."))
    made["chapters"] = [{"title": "A_B", "start_s": 0.0, "end_s": 9.0, "points": [Line("Point.").item()]}]
    made["tags"] = [{"name": "C#", "kind": None}, {"name": "Go", "kind": "Technology"}]
    made["coverage"] = {"ratio": 0.874, "gaps": [[0.0, 3600.0]]}
    made["transcript"] = {
        "sha256": "ab" * 32, "source": "youtube_manual", "language": "en", "segments": 3, "timed": True,
        "notes": [{"code": "overlaps_trimmed", "count": 4, "detail": ""}],
    }  # fmt: skip
    text = to_markdown(made)
    assert "### [0:00] A\\_B\n\n- Point. [1:08:38]" in text
    assert "C\\# · Go" in text
    assert "87% of the speech" in text
    assert "Nothing is taken from 0:00 to 1:00:00." in text
    assert "overlaps trimmed (4 times)." in text


def test_every_part_is_told_with_the_moment_of_each_entry() -> None:
    text = to_markdown(rich_document())
    for part in PARTS:
        assert f"\n## {part.title}\n" in text
    assert "- **fast.ai** (course) [" not in text, "an entry without a text beside its name needs no bold"
    assert "- fast.ai (course) [1:11](" in text
    assert "- **Self-attention** [23:02](" in text
    assert "  3. Start with smaller experiments and debug as you go." in text
    assert "(novelty 4 of 5) [" in text
    assert "  When to use: As a sequence-to-sequence transformer." in text


def test_what_is_said_of_the_whole_stands_before_the_chapters() -> None:
    text = to_markdown(rich_document())
    places = [text.index(f"\n## {title}\n") for title in ("In short", "Synopsis", "Chapters", "In practice", "Quiz")]
    assert places == sorted(places)


def test_what_was_left_out_and_what_it_took_are_told() -> None:
    text = to_markdown(rich_document())
    assert "- Left out of points: 2 (quote not found)." in text
    assert "- Left out of key concepts: 1 (number not said)." in text
    assert "- $0.012340, prompt-3." in text
    assert "- 61,204 tokens read (18,432 from the cache), 7,906 written, 9 calls." in text
    assert "engine: openai (gpt-4o-mini)" in text
    assert "Receipt" not in to_markdown(offline_document())
