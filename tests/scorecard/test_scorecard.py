from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.scorecard.baselines import lead, lexrank, shuffled, textrank
from core.scorecard.data import Recording, read_recordings
from core.scorecard.grounding import score_grounding
from core.scorecard.meetings import BASELINES, STYLES, score_baseline, score_sightline
from core.scorecard.report import scorecard, scorecard_table
from core.scorecard.rouge import RougeMeter
from core.summarizing.sentences import split_sentences
from tests.conftest import SHARED
from tests.transcripts import timed

TOPICS = {
    "budget": "The committee agreed that the budget for the new school building will rise by 12 percent.",
    "remote": "The designers want the remote control to have a soft yellow case and very few buttons.",
    "speech": "The recogniser loses accuracy when the microphone picks up noise from the meeting room.",
}


def meeting(name: str) -> Recording:
    """Ten minutes of small talk on things of its own, and in the middle of it the one sentence that counts, twice."""
    things = [f"{name}{letter}" for letter in "abcdefghijklmnop"]
    lines = [f"Did you get my {things[n % 16]} or {things[n * 7 % 16]}, you know?" for n in range(100)]
    lines[40] = lines[70] = TOPICS[name]
    return Recording(id=name, transcript=timed(*lines, seconds=6), reference=TOPICS[name], boundaries=None)


MEETINGS = [meeting(name) for name in TOPICS]


def test_rouge_reads_the_first_150_words_and_no_more() -> None:
    meter = RougeMeter()
    filler = ["word"] * 150
    assert meter.score(["the budget rises"], "the budget rises")["rouge1"] == pytest.approx(100)
    assert meter.score([*filler, "the budget rises"], "the budget rises")["rouge1"] == 0


def test_our_ranking_finds_what_chance_misses() -> None:
    for style in STYLES:
        ours = score_sightline(MEETINGS, style)
        chance = score_baseline(MEETINGS, style, BASELINES["random"])
        assert ours["rouge1"] > chance["rouge1"] + 5


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("ranker", [lead, shuffled(1), lexrank, textrank])
def test_every_baseline_ranks_each_sentence_once(ranker: object) -> None:
    sentences = split_sentences(MEETINGS[0].transcript)
    order = ranker(sentences, "en")  # type: ignore[operator]
    assert sorted(order) == list(range(len(sentences)))


def test_the_graph_baselines_prefer_the_central_sentence() -> None:
    lines = [
        "Cats and dogs sleep.",
        "Cats eat fish.",
        "Dogs eat meat.",
        "Cats and dogs eat fish and meat.",
        "Rain fell.",
    ]
    sentences = split_sentences(timed(*lines))
    assert lexrank(sentences, "en")[0] == textrank(sentences, "en")[0] == 3


def test_chance_is_the_same_chance_each_time() -> None:
    sentences = split_sentences(MEETINGS[0].transcript)
    assert shuffled(2)(sentences, None) == shuffled(2)(sentences, None) != shuffled(3)(sentences, None)


def test_key_points_pass_at_their_own_place_and_not_in_another_video() -> None:
    rates = score_grounding(MEETINGS)
    assert rates["own"] == 100
    assert rates["other_video"] < 20


def test_the_scorecard_has_the_shape_that_readers_expect(tmp_path: Path) -> None:
    path = tmp_path / "meetings.jsonl"
    rows = [
        {
            "id": m.id,
            "summary": [m.reference],
            "segments": [{"start": (s.start_ms or 0) / 1000, "text": s.text} for s in m.transcript.segments],
        }
        for m in MEETINGS
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    document = scorecard(path, None)
    assert document.keys() == {"meetings", "grounding", "falsehoods", "rss_mb"}
    assert document["meetings"].keys() == {"punctuated", "captions"}
    for systems in document["meetings"].values():
        assert list(systems) == ["sightline", "lexrank", "textrank", "lead", "random"]
        assert all(s.keys() == {"rouge1", "rouge2", "rougeL", "seconds"} for s in systems.values())
    assert document["grounding"].keys() == {"own", "half_video_shift", "other_video"}
    table = scorecard_table(document)
    assert re.search(r"sightline +\d+\.\d\d +\d+\.\d\d", table)
    assert re.search(r"invented quote +\d+ +\d+\.\d\d +\d+\.\d\d", table)


def test_nothing_to_score_is_refused() -> None:
    with pytest.raises(InvalidInput):
        scorecard(None, None)


def test_on_meetings_kept_for_choosing_we_lead_the_lead() -> None:
    path = SHARED / "bench" / "qmsum_val.jsonl.gz"
    if not path.exists():
        pytest.skip("the benchmark file qmsum_val.jsonl.gz is missing beside the project")
    recordings = read_recordings(path)[:8]
    ours, first = score_sightline(recordings, "captions"), score_baseline(recordings, "captions", BASELINES["lead"])
    assert ours["rouge1"] > first["rouge1"] + 3
    assert ours["rouge2"] > first["rouge2"]
