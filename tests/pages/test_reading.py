"""A document as it is read: places, proofs, reasons and amounts."""

from __future__ import annotations

from core.domain.document import ItemDocument, SummaryDocument
from core.domain.rendering import render_document
from core.domain.summary import Chapter, EngineName, EvidenceRef, Item, SummaryDraft, Tag, TagKind
from core.domain.transcript import Note, NoteCode, Transcript, TranscriptSource
from core.domain.video import Video
from pages.reading import view_of
from pages.strip import WIDTH, merged, strip_of
from pages.templating import render
from tests.transcripts import timed, untimed

_TALK = (
    "The old harbour was rebuilt in 1912 after the great storm.",
    "Every lighthouse keeper had to count the ships twice.",
    "Nobody expected the granite to crack so early.",
)


def _item(number: int, text: str, segment: int, words: tuple[str, ...] = _TALK) -> Item:
    whole = EvidenceRef(first_segment=segment, start_char=0, last_segment=segment, end_char=len(words[segment]))
    return Item(id=f"i{number}", text=text, evidence=(whole,))


def _document(transcript: Transcript, *points: Item, video: Video | None = None) -> SummaryDocument:
    draft = SummaryDraft(
        engine=EngineName.OFFLINE,
        engine_version="1",
        language="en",
        tldr=points[:1],
        chapters=(Chapter(title="The harbour", first_segment=0, points=points),),
        key_moments=(),
        tags=(Tag(name="Harbour", kind=TagKind.CONCEPT),),
    )
    return render_document(id="x", status="done", draft=draft, transcript=transcript, video=video or Video())


def test_a_timed_line_shows_its_clock_and_the_span_to_play() -> None:
    transcript = timed(*_TALK, seconds=1500.0)
    view = view_of(_document(transcript, _item(1, _TALK[2], 2)))
    line = view.chapters[0].lines[0]
    assert line.place == "50:00"
    assert line.proofs[0].range == "50:00 – 1:15:00"
    assert view.chapters[0].length == "1 h 15 min"
    assert line.reasons == ("Word for word",)


def test_a_line_without_times_shows_its_paragraph_and_nothing_to_play() -> None:
    view = view_of(_document(untimed(*_TALK), _item(1, _TALK[1], 1)))
    line = view.tldr[0]
    assert (line.place, line.is_timed, line.proofs[0].range) == ("¶ 2", False, None)
    assert (view.strip, view.duration, view.is_timed) == (None, None, False)


def test_a_line_that_says_a_number_nobody_said_is_struck_and_names_it() -> None:
    view = view_of(_document(timed(*_TALK), _item(1, "The old harbour was rebuilt in 1812 after the great storm.", 0)))
    line = view.chapters[0].lines[0]
    assert not line.is_supported
    assert "the number 1812" in line.reason
    assert (view.supported_lines, view.lines) == (0, 1)


def test_a_line_whose_words_were_not_said_tells_how_few_were() -> None:
    view = view_of(_document(timed(*_TALK), _item(1, "Penguins invented quantum chess in Antarctica.", 0)))
    assert view.chapters[0].lines[0].reason.endswith("0 % of its key words are said near this place.")


def test_lines_that_stand_in_two_places_are_counted_once() -> None:
    view = view_of(_document(timed(*_TALK), _item(1, _TALK[0], 0), _item(2, _TALK[1], 1)))
    assert (view.supported_lines, view.lines) == (2, 2)


def test_repairs_are_said_in_words() -> None:
    transcript = Transcript(
        segments=timed(*_TALK).segments,
        timed=True,
        language="en",
        source=TranscriptSource.YOUTUBE_GENERATED,
        notes=(Note(code=NoteCode.OVERLAPS_TRIMMED, count=3), Note(code=NoteCode.REORDERED)),
    )
    view = view_of(_document(transcript, _item(1, _TALK[0], 0)))
    assert view.facts[-1] == "English captions made by YouTube"
    assert view.notes[0].startswith("3 captions overlapped")
    assert view.notes[1].startswith("One caption stood out of order")


def test_the_strip_draws_evidence_inside_the_timeline_and_joins_what_touches() -> None:
    document = _document(timed(*_TALK, seconds=60.0), _item(1, _TALK[0], 0), _item(2, _TALK[1], 1))
    strip = strip_of(document)
    assert strip is not None
    assert strip.spoken == ((0.0, 120.0),)
    assert all(0 <= x <= WIDTH and x + width <= WIDTH + 2 for x, width in (*strip.near, *strip.rests))
    assert merged([(5, 6), (1, 3), (3, 4), (2, 2.5)]) == [(1, 4), (5, 6)]


def test_whatever_a_stranger_writes_is_escaped() -> None:
    evil = '<img src=x onerror="alert(1)"></script>{{ 7 * 7 }}'
    transcript = timed(evil, evil)
    document = _document(
        transcript, _item(1, evil, 0, (evil, evil)), video=Video(title=evil, id="a" * 11, url=f"x{evil}")
    )
    document["tags"] = [{"name": evil, "kind": evil}]
    document["chapters"][0]["title"] = evil
    html = render(
        "summary.html.jinja",
        view=view_of(document),
        shown_tab="summary",
        has_transcript=True,
        start_s=None,
        transcript_url="/t",
        marks={"chapters": [{"title": evil + "'"}]},
        spoken_clock="0:08",
    )
    assert "<img src=x" not in html
    assert "</script>" not in html
    assert "49" not in html
    assert "data-marks='" in html
    assert html.count("'") >= 2
    assert "\\u0027" in html


def test_a_summary_with_nothing_in_it_is_still_a_page() -> None:
    document = _document(timed(*_TALK))
    empty: list[ItemDocument] = []
    document["chapters"], document["tldr"] = [], empty
    view = view_of(document)
    assert (view.lines, view.title) == (0, "Untitled transcript")
