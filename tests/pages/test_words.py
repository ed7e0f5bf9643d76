"""Amounts and repairs in words."""

from __future__ import annotations

import pytest

from core.domain.run import Stage
from core.domain.transcript import NoteCode, TranscriptSource
from pages.words import STAGE_NAMES, length_phrase, note_sentence, percent, seconds_phrase, source_phrase


@pytest.mark.parametrize("code", NoteCode)
@pytest.mark.parametrize("count", [1, 2, 1200])
def test_every_repair_has_a_sentence(code: NoteCode, count: int) -> None:
    sentence = note_sentence({"code": code.value, "count": count, "detail": ""})
    assert sentence[0].isupper() or sentence.startswith(f"{count:,} ")
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert code.value not in sentence


def test_a_repair_that_is_new_is_still_said() -> None:
    assert note_sentence({"code": "glyphs_mended", "count": 2, "detail": ""}) == "Glyphs mended."


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_name(stage: Stage) -> None:
    assert STAGE_NAMES[stage]


@pytest.mark.parametrize("source", TranscriptSource)
def test_every_source_has_a_phrase(source: TranscriptSource) -> None:
    phrase = source_phrase(source.value, "pt-BR")
    assert phrase[0].isupper()
    assert "_" not in phrase


@pytest.mark.parametrize(
    ("ratio", "said"), [(0.0, "0 %"), (0.001, "under 1 %"), (0.938, "94 %"), (0.9996, "99 %"), (1.0, "100 %")]
)
def test_shares_never_claim_all_or_nothing_wrongly(ratio: float, said: str) -> None:
    assert percent(ratio) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(40, "40 s"), (59.7, "60 s"), (480, "8 min"), (3600, "1 h"), (4216, "1 h 10 min")]
)
def test_lengths_are_rounded_to_what_matters(seconds: float, said: str) -> None:
    assert length_phrase(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(None, "–"), (0.04, "0.0 s"), (1.24, "1.2 s"), (13.6, "14 s")])
def test_short_times_keep_a_decimal(seconds: float | None, said: str) -> None:
    assert seconds_phrase(seconds) == said
