from __future__ import annotations

import json

import jsonschema

from core.domain.document import SummaryDocument
from core.domain.rendering import document_id, document_schema, render_document
from core.domain.summary import Chapter, EngineName, EvidenceRef, Item, SummaryDraft, Tag, TagKind
from core.domain.transcript import Transcript
from core.domain.video import Video
from tests.transcripts import timed, untimed

TALK = timed("Cats sleep 16 hours.", "Dogs like long walks.", "Birds sing at dawn.", seconds=3.334)


def item(kind: str, number: int, text: str) -> Item:
    ref = EvidenceRef(first_segment=number, start_char=0, last_segment=number, end_char=19)
    return Item(id=f"{kind}{number}", text=text, evidence=(ref,))


def draft(*, is_unsure: bool = False) -> SummaryDraft:
    return SummaryDraft(
        engine=EngineName.OFFLINE,
        engine_version="offline-1",
        language="en",
        tldr=(item("t", 0, "Cats sleep 16 hours"),),
        chapters=(
            Chapter(title="Cats", first_segment=0, points=(item("p", 0, "Cats sleep 17 hours"),)),
            Chapter(title="Birds", first_segment=2, points=(item("p", 2, "Birds sing"),)),
        ),
        key_moments=(item("m", 2, "Birds sing"),),
        tags=(Tag(name="Apple", kind=TagKind.COMPANY), Tag(name="cats")),
        is_unsure=is_unsure,
    )


def render(transcript: Transcript = TALK, video: Video | None = None, *, is_unsure: bool = False) -> SummaryDocument:
    made = render_document(
        id="x", status="done", draft=draft(is_unsure=is_unsure), transcript=transcript, video=video or Video()
    )
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]


def test_the_document_passes_its_own_schema() -> None:
    for transcript in (TALK, untimed(*(s.text for s in TALK.segments))):
        jsonschema.validate(render(transcript), document_schema())


def test_a_document_with_a_missing_part_does_not_pass() -> None:
    broken = render()
    del broken["coverage"]  # type: ignore[misc]
    validator = jsonschema.validators.validator_for(document_schema())(document_schema())
    assert not validator.is_valid(broken)


def test_seconds_have_three_decimals_and_chapters_touch() -> None:
    chapters = render()["chapters"]
    assert [(c["start_s"], c["end_s"]) for c in chapters] == [(0.0, 6.668), (6.668, 10.002)]


def test_the_length_is_the_larger_of_metadata_and_last_cue() -> None:
    longer, shorter = render(video=Video(duration_ms=90_000)), render(video=Video(duration_ms=5000))
    assert longer["video"]["duration_s"] == 90.0
    assert longer["chapters"][-1]["end_s"] == 90.0
    assert shorter["video"]["duration_s"] == 10.002


def test_an_item_carries_its_quote_times_and_support() -> None:
    line = render()["chapters"][0]["points"][0]
    assert line["evidence"] == [{"segment_ids": [0], "start_s": 0.0, "end_s": 3.334, "quote": "Cats sleep 16 hours"}]
    assert line["supported"] is False, "17 was never said"
    assert render()["tldr"][0]["supported"] is True


def test_untimed_text_has_null_times() -> None:
    document = render(untimed(*(s.text for s in TALK.segments)))
    assert document["chapters"][1]["start_s"] is None
    assert document["coverage"] == {"ratio": None, "gaps": []}
    assert document["video"]["duration_s"] is None


def test_doubt_about_the_language_is_noted() -> None:
    assert render(is_unsure=True)["transcript"]["notes"] == [{"code": "unsure_language", "count": 1, "detail": "en"}]
    assert render()["transcript"]["notes"] == []


def test_the_id_follows_the_content() -> None:
    assert document_id(draft(), TALK) == document_id(draft(), TALK)
    assert document_id(draft(), TALK) != document_id(draft(is_unsure=True), TALK)
    assert document_id(draft(), TALK) != document_id(draft(), timed("Cats sleep 16 hours."))
