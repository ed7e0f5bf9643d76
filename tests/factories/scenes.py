"""The states a summary by a language model goes through, made of its documents."""

from __future__ import annotations

from datetime import datetime

from core.domain.document import AttemptDocument, StageDocument, SummaryDocument
from core.domain.model import ModelFailure, model_rule
from core.domain.run import Stage

TRIED: list[AttemptDocument] = [
    {"rung": "youtube", "outcome": "failed", "code": "ip_blocked", "message": "YouTube is limiting our server.",
     "seconds": 0.84},
    {"rung": "yt_dlp", "outcome": "skipped", "code": "not_configured", "message": "not configured", "seconds": None},
    {"rung": "youtube_proxy", "outcome": "ok", "code": None, "message": "English, written by hand", "seconds": 2.31},
]  # fmt: skip


def moment(document: SummaryDocument, ratio: float) -> SummaryDocument:
    """It is being written, and its words came by way of a proxy."""
    stages: list[StageDocument] = [
        {"name": Stage.QUEUED, "state": "done", "seconds": 0.2, "detail": ""},
        {"name": Stage.FETCHING, "state": "done", "seconds": 3.2, "detail": "YouTube, English, written by hand"},
        {"name": Stage.READING, "state": "done", "seconds": 0.4, "detail": "4,212 words"},
        {"name": Stage.CHAPTERS, "state": "done", "seconds": 0.3, "detail": "7 chapters"},
        {"name": Stage.WRITING, "state": "now", "seconds": 12.4,
         "detail": f"{len(document['chapters'])} of 7 chapters"},
        {"name": Stage.CHECKING, "state": "waiting", "seconds": None, "detail": ""},
        {"name": Stage.DONE, "state": "waiting", "seconds": None, "detail": ""},
    ]  # fmt: skip
    progress = {"seq": round(ratio * 100), "stage": Stage.WRITING.value, "ratio": ratio, "stages": stages}
    return {**document, "progress": progress, "tried": TRIED}  # type: ignore[typeddict-item]


def waiting(document: SummaryDocument, *, until: datetime) -> SummaryDocument:
    """The vendor has no room at the moment."""
    rule = model_rule(ModelFailure.RATE_LIMITED)
    message = f"{rule.message} Your summary waits and goes on by itself."
    return {**document, "waiting": {"code": rule.failure.value, "message": message, "until": until.isoformat()}}


def next_of(document: SummaryDocument, status: str = "queued", message: str = "") -> SummaryDocument:
    """The offline summary, while the model's is still to come."""
    return {**document, "next": {"status": status, "engine": "openai", "message": message}}


def failed(document: SummaryDocument, code: str) -> SummaryDocument:
    """The model gave up, for good."""
    rule = model_rule(ModelFailure(code))
    reason = "This summary has cost as much as one may." if "{reason}" in rule.message else ""
    return {
        **document,
        "failure": {
            "code": code, "message": rule.message.format(reason=reason), "next_step": rule.next_step.value,
            "retryable": False,
        },
        "tried": TRIED,
    }  # fmt: skip
