"""The whole scorecard: every figure of one run, as JSON and as a table."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import NotRequired

from typing_extensions import TypedDict

from core.errors import InvalidInput
from core.scorecard.data import Recording, read_recordings
from core.scorecard.falsehoods import FalsehoodScores, score_falsehoods
from core.scorecard.grounding import GroundingRates, score_grounding
from core.scorecard.lectures import LectureScores, score_lectures
from core.scorecard.meetings import BASELINES, STYLES, SystemScores, score_baseline, score_sightline


class ScorecardDocument(TypedDict):
    """ROUGE, Pk, WindowDiff, grounding and falsehoods in per cent; a part whose file was not given is left out.

    `falsehoods` are made from all files given. `rss_mb` is the peak of this process once our own engine has done
    everything, before the falsehoods and the baselines begin.
    """

    meetings: NotRequired[dict[str, dict[str, SystemScores]]]
    lectures: NotRequired[LectureScores]
    grounding: NotRequired[GroundingRates]
    falsehoods: NotRequired[FalsehoodScores]
    rss_mb: float


def scorecard(meetings: Path | None, lectures: Path | None, podcasts: Path | None = None) -> ScorecardDocument:
    """Runs everything; some minutes, nearly all of them LexRank's. Raises InvalidInput for no or unreadable files."""
    given = [path for path in (meetings, lectures, podcasts) if path is not None]
    if not given:
        raise InvalidInput("There is nothing to score. Give --meetings, --lectures, --podcasts or several of them.")
    recordings = read_recordings(meetings) if meetings else []
    own = {style: {"sightline": score_sightline(recordings, style)} for style in STYLES} if recordings else {}
    document: ScorecardDocument = {"rss_mb": 0.0}
    if recordings:
        document["grounding"] = score_grounding(recordings)
    if lectures:
        document["lectures"] = score_lectures(lectures)
    document["rss_mb"] = round(_peak_rss_mb(), 1)
    document["falsehoods"] = score_falsehoods([recording for path in given for recording in read_recordings(path)])
    if recordings:
        document["meetings"] = {style: scores | _baselines(recordings, style) for style, scores in own.items()}
    return document


def scorecard_table(document: ScorecardDocument) -> str:
    """The figures as aligned text."""
    lines: list[str] = []
    for style, systems in document.get("meetings", {}).items():
        lines += [f"Meetings, {style}: F1, first 150 words", _row("", "R1", "R2", "RL", "s/recording")]
        lines += [_row(name, s["rouge1"], s["rouge2"], s["rougeL"], s["seconds"]) for name, s in systems.items()]
        lines.append("")
    for part, systems_by_name in (document.get("lectures") or {}).items():
        lines += [f"Lectures, {part.replace('_', ' ')}: lower is better", _row("", "Pk", "WindowDiff")]
        lines += [_row(name, s["pk"], s["windowdiff"]) for name, s in systems_by_name.items()]
        lines.append("")
    if "grounding" in document:
        rates = document["grounding"]
        lines += ["Key points that pass the grounding check, per cent", _row("own place", rates["own"])]
        lines += [
            _row("half the video later", rates["half_video_shift"]),
            _row("another video", rates["other_video"]),
            "",
        ]
    if "falsehoods" in document:
        lines += _falsehood_lines(document["falsehoods"])
    lines.append(f"Peak memory of our part: {document['rss_mb']:.0f} MB")
    return "\n".join(lines)


def _falsehood_lines(scores: FalsehoodScores) -> list[str]:
    lines: list[str] = []
    for style, kinds in scores["planted"].items():
        lines += [
            f"Planted falsehoods, {style}, per cent",
            _row("", "cases", "caught", "true flagged"),
            *(_row(kind, str(s["cases"]), s["caught"], s["flagged"]) for kind, s in kinds.items()),
        ]
        lines += [_row("human sentences", "", "", scores["human"][style]), ""]
    return lines


def _baselines(recordings: list[Recording], style: str) -> dict[str, SystemScores]:
    return {name: score_baseline(recordings, style, rankers) for name, rankers in BASELINES.items()}


def _row(name: str, *cells: float | str) -> str:
    shown = [cell if isinstance(cell, str) else f"{cell:.2f}" for cell in cells]
    return f"  {name:<30}" + "".join(f"{cell:>13}" for cell in shown)


def _peak_rss_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
