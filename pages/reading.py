"""A summary's document made ready to be read: every figure a word, every time a clock, every line with its proof."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.document import ChapterDocument, EvidenceDocument, ItemDocument, SummaryDocument
from core.domain.languages import base_language, stop_words
from core.domain.words import content_tokens, number_strings, stem, tokens
from pages.strip import Strip, strip_of
from pages.words import ENGINE_NAMES, clock, length_phrase, note_sentence, percent, source_phrase

SUPPORT_SHARE = 0.4  # the threshold of core.domain.evidence, said to people in words


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """One piece of evidence. `segments` is "first-last"; `range` is None where the transcript has no times."""

    quote: str
    segments: str
    start_s: float | None
    end_s: float | None
    range: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line. `place` is what stands in the gutter: a clock time, or the paragraph where there are no times."""

    id: str
    text: str
    place: str
    is_timed: bool
    is_supported: bool
    reason: str
    reasons: tuple[str, ...]
    proofs: tuple[ProofView, ...]


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
    """All that the summary page shows. `strip` is None where there are no times to draw."""

    title: str
    facts: tuple[str, ...]
    tags: tuple[tuple[str, str | None], ...]
    lines: int
    supported_lines: int
    proof: tuple[str, ...]
    tldr: tuple[LineView, ...]
    chapters: tuple[ChapterView, ...]
    moments: tuple[LineView, ...]
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
    language = base_language(document["language"])
    lines = _all_lines(document)
    transcript, video = document["transcript"], document["video"]
    is_timed = bool(transcript and transcript["timed"])
    duration_s = video["duration_s"]
    return SummaryView(
        title=title_of(document),
        facts=_facts(document),
        tags=tuple((tag["name"], tag["kind"]) for tag in document["tags"]),
        lines=len(lines),
        supported_lines=sum(line["supported"] for line in lines),
        proof=_proof(document),
        tldr=tuple(_line(item, language) for item in document["tldr"]),
        chapters=tuple(_chapter(chapter, language) for chapter in document["chapters"]),
        moments=tuple(_line(item, language) for item in _moments(document)),
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
    return list({item["id"]: item for item in [*document["tldr"], *points, *document["key_moments"]]}.values())


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
    return (*covers, ENGINE_NAMES.get(engine, engine).capitalize())


def _gap(start_s: float, end_s: float) -> str:
    return f"{clock(start_s)} – {clock(end_s)} ({length_phrase(end_s - start_s)})"


def _chapter(chapter: ChapterDocument, language: str | None) -> ChapterView:
    start_s, end_s = chapter["start_s"], chapter["end_s"]
    is_whole = start_s is not None and end_s is not None
    first = next((proof["segment_ids"][0] for point in chapter["points"] for proof in point["evidence"]), None)
    return ChapterView(
        title=chapter["title"],
        place=None if start_s is None else clock(start_s),
        start_s=start_s,
        length=length_phrase((end_s or 0) - (start_s or 0)) if is_whole else None,
        first_segment=first,
        lines=tuple(_line(point, language) for point in chapter["points"]),
    )


def _line(item: ItemDocument, language: str | None) -> LineView:
    start_s = item["start_s"]
    first = item["evidence"][0]["segment_ids"][0] if item["evidence"] else 0
    found, total, missing = _key_words(item, language)
    return LineView(
        id=item["id"],
        text=item["text"],
        place=f"¶ {first + 1:,}" if start_s is None else clock(start_s),
        is_timed=start_s is not None,
        is_supported=item["supported"],
        reason="" if item["supported"] else _why_unsupported(item, missing),
        reasons=("Quote found word for word", *((f"{found} of {total} key words",) if total else ())),
        proofs=tuple(_proof_view(proof) for proof in item["evidence"]),
    )


def _proof_view(proof: EvidenceDocument) -> ProofView:
    start_s, end_s, ids = proof["start_s"], proof["end_s"], proof["segment_ids"]
    is_timed = start_s is not None and end_s is not None
    return ProofView(
        quote=proof["quote"],
        segments=f"{ids[0]}-{ids[-1]}",
        start_s=start_s,
        end_s=end_s,
        range=f"{clock(start_s or 0)} – {clock(end_s or 0)}" if is_timed else None,
    )


def _key_words(item: ItemDocument, language: str | None) -> tuple[int, int, list[str]]:
    """Key words of the line that stand in its quotes, how many it has, and its numbers that do not stand there."""
    quote = " ".join(proof["quote"] for proof in item["evidence"])
    wanted, said = _stems(item["text"], language), _stems(quote, language)
    return len(wanted & said), len(wanted), sorted(number_strings(item["text"]) - number_strings(quote))


def _stems(text: str, language: str | None) -> set[str]:
    return {stem(word, language) for word in content_tokens(tokens(text), stop_words(language))}


def _why_unsupported(item: ItemDocument, missing_numbers: list[str]) -> str:
    if not item["evidence"]:
        return "Not found in what was said: there is no place for it."
    if item["grounding"] < SUPPORT_SHARE:
        return f"Not found in what was said: {percent(item['grounding'])} of its key words are said near this place."
    if missing_numbers:
        return f"Not found in what was said: the number {missing_numbers[0]} is not said near this place."
    return "Not found in what was said: these are not the words that were said."
