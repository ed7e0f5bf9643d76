from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from core.scorecard.data import BenchmarkUnreadable
from core.scorecard.lectures import score_lectures
from tests.conftest import SHARED

SUBJECTS = {
    "orbit": "planet gravity ellipse radius period velocity",
    "logic": "clause variable proof satisfiable assignment literal",
    "cooking": "onion butter pan simmer sauce pepper",
}


def lecture(name: str, lines: int = 60) -> dict[str, object]:
    """Three subjects in turn, a line every five seconds, with true boundaries where the subject changes."""
    texts = []
    for number in range(3 * lines):
        subject = list(SUBJECTS)[number // lines]
        words = SUBJECTS[subject].split()
        texts.append(f"the {subject} has a {words[number % 6]} and then the {words[number * 5 % 6]} of {number}")
    segments = [{"start": 5.0 * number, "dur": 5.0, "text": text} for number, text in enumerate(texts)]
    return {"id": name, "segments": segments, "boundaries": [lines, 2 * lines]}


def test_clear_subjects_are_found_and_blind_systems_are_not_right(tmp_path: Path) -> None:
    path = tmp_path / "lectures.jsonl"
    uneven = lecture("uneven")
    rows: list[object] = uneven["segments"]  # type: ignore[assignment]
    uneven["segments"] = rows[40:]
    uneven["boundaries"] = [20, 80]
    path.write_text(json.dumps(uneven) + "\n", encoding="utf-8")
    scores = score_lectures(path)
    assert scores["true_count"]["sightline"]["pk"] < 5
    assert scores["automatic_count"]["sightline"]["pk"] < 15
    assert scores["true_count"]["equal"]["pk"] > 15
    assert scores["true_count"]["none"]["pk"] > 40


def test_a_plain_file_and_a_packed_one_score_the_same(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(lecture(name)) for name in ("a", "b"))
    plain, packed = tmp_path / "lectures.jsonl", tmp_path / "lectures.jsonl.gz"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(gzip.compress(text.encode()))
    assert score_lectures(plain) == score_lectures(packed)


def test_a_file_without_boundaries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lectures.jsonl"
    path.write_text(json.dumps(lecture("a") | {"boundaries": []}), encoding="utf-8")
    with pytest.raises(BenchmarkUnreadable, match="no recording with topic boundaries"):
        score_lectures(path)


def test_real_lectures_beat_blind_systems_by_five_points() -> None:
    path = SHARED / "bench" / "lectures_dev.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the lectures are not here ({path.name} in the shared folder)")
    scores = score_lectures(path)
    for part in ("true_count", "automatic_count"):
        ours = scores[part]["sightline"]["pk"]
        assert ours <= scores[part]["none"]["pk"] - 5
        assert ours <= scores[part]["equal"]["pk"] - 5
