"""A summary's document made ready to be read: every figure a word, every time a clock, every line with its proof."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.document import ChapterDocument, ItemDocument, SummaryDocument
from core.domain.summary import EngineName
from pages.lines import LineView, line_of
from pages.parts import TabView, tabs_of
from pages.reasons import left_out
from pages.receipt import cost_phrase, receipt_of
from pages.strip import Strip, strip_of
from pages.words import ENGINE_NAMES, clock, length_phrase, note_sentence, percent, source_phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterView:
    title: str
    place: str | None
    start_s: float | None
    length: str | None
    first_segment: int | None
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """All that the summary page shows. `strip` is None where there are no times to draw.

    `is_partial` where the rest is still being written, or never was; `receipt` holds (what, how much).
    """

    title: str
    facts: tuple[str, ...]
    tags: tuple[tuple[str, str | None], ...]
    categories: tuple[str, ...]
    lines: int
    supported_lines: int
    proof: tuple[str, ...]
    tldr: tuple[LineView, ...]
    chapters: tuple[ChapterView, ...]
    moments: tuple[LineView, ...]
    tabs: tuple[TabView, ...]
    left_out: str
    receipt: tuple[tuple[str, str], ...]
    is_partial: bool
    is_by_model: bool
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    video_id: str | None
    video_url: str | None
    thumbnail_url: str | None
    duration: str | None
    is_timed: bool
    strip: Strip | None


def view_of(document: SummaryDocument) -> SummaryView:
    """What the page shows of a finished summary."""
    lines = _all_lines(document)
    transcript, video = document["transcript"], document["video"]
    is_timed = bool(transcript and transcript["timed"])
    duration_s = video["duration_s"]
    return SummaryView(
        title=title_of(document),
        facts=_facts(document),
        tags=tuple((tag["name"], tag["kind"]) for tag in document["tags"]),
        categories=tuple(document["categories"]),
        lines=len(lines),
        supported_lines=sum(line["supported"] for line in lines),
        proof=_proof(document),
        tldr=tuple(line_of(item) for item in document["tldr"]),
        chapters=tuple(chapter_of(chapter) for chapter in document["chapters"]),
        moments=tuple(line_of(item) for item in _moments(document)),
        tabs=tabs_of(document),
        left_out=left_out(document["withheld"]),
        receipt=receipt_of(document),
        is_partial=document.get("is_partial", False),
        is_by_model=document["engine"] != EngineName.OFFLINE,
        gaps=tuple(_gap(start_s, end_s) for start_s, end_s in document["coverage"]["gaps"]),
        notes=tuple(note_sentence(note) for note in transcript["notes"]) if transcript else (),
        video_id=video["id"],
        video_url=video["url"],
        thumbnail_url=video["thumbnail_url"],
        duration=None if duration_s is None or not is_timed else clock(duration_s),
        is_timed=is_timed,
        strip=strip_of(document) if is_timed else None,
    )


def title_of(document: SummaryDocument) -> str:
    """The video's title, or what it is where it has none."""
    return document["video"]["title"] or ("Untitled video" if document["video"]["id"] else "Untitled transcript")


def _all_lines(document: SummaryDocument) -> list[ItemDocument]:
    points = [point for chapter in document["chapters"] for point in chapter["points"]]
    entries = [entry for part in document["parts"].values() for entry in part]
    lines: list[ItemDocument] = [*document["tldr"], *points, *document["key_moments"], *entries]
    return list({item["id"]: item for item in lines}.values())


def _moments(document: SummaryDocument) -> list[ItemDocument]:
    """The key moments where they are a choice: of a short video every point is one, and twice told is not better."""
    texts = {moment["text"] for moment in document["key_moments"]}
    points = {point["text"] for chapter in document["chapters"] for point in chapter["points"]}
    return [] if points <= texts else document["key_moments"]


def _facts(document: SummaryDocument) -> tuple[str, ...]:
    video, transcript = document["video"], document["transcript"]
    length = None if video["duration_s"] is None else clock(video["duration_s"])
    source = source_phrase(transcript["source"], transcript["language"]) if transcript else None
    return tuple(fact for fact in (video["channel"], length, source) if fact)


def _proof(document: SummaryDocument) -> tuple[str, ...]:
    ratio = document["coverage"]["ratio"]
    covers = () if ratio is None else (f"Covers {percent(ratio)} of the talk",)
    engine = document["engine"]
    who = document["model"] or ENGINE_NAMES.get(engine, engine).capitalize()
    return (*covers, f"{who} · {cost_phrase(document)}")


def _gap(start_s: float, end_s: float) -> str:
    return f"{clock(start_s)} – {clock(end_s)} ({length_phrase(end_s - start_s)})"


def chapter_of(chapter: ChapterDocument) -> ChapterView:
    """A chapter with its lines. Its length only where it has times and its neighbour is there to end it."""
    start_s, end_s = chapter["start_s"], chapter["end_s"]
    is_whole = start_s is not None and end_s is not None
    first = next((proof["segment_ids"][0] for point in chapter["points"] for proof in point["evidence"]), None)
    return ChapterView(
        title=chapter["title"],
        place=None if start_s is None else clock(start_s),
        start_s=start_s,
        length=length_phrase((end_s or 0) - (start_s or 0)) if is_whole else None,
        first_segment=first,
        lines=tuple(line_of(point) for point in chapter["points"]),
    )
