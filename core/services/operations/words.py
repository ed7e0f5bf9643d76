"""Short names for people of what is stored under codes: causes, steps, outcomes and vendors."""

from __future__ import annotations

from core.domain.run import Stage
from core.domain.rungs import find_rung
from core.domain.telemetry import Kind

_STAGES = {
    Stage.QUEUED: "Waiting in the queue",
    Stage.FETCHING: "Fetching captions",
    Stage.READING: "Reading",
    Stage.CHAPTERS: "Finding chapters",
    Stage.WRITING: "Writing",
    Stage.CHECKING: "Checking lines",
}
_KINDS = {
    Kind.PAGE_REQUEST: "",
    Kind.API_REQUEST: "",
    Kind.PAGE_OPEN: "Page",
    Kind.SUMMARY: "Summary,",
    Kind.SUBMIT: "Submission by",
    Kind.SIGN_IN: "Sign-in by",
    Kind.SIGN_UP: "Sign-up",
    Kind.QUERY: "Statement,",
    Kind.CALL: "Call to",
    Kind.LOG: "Logged",
    Kind.ENGINE: "Engine",
    Kind.LANGUAGE: "Language",
}


def label_of(cause: str) -> str:
    """The words for a "kind:name": "Waiting in the queue", "Captions from YouTube", "GET /api/v1/summaries"."""
    kind, _, name = cause.partition(":")
    if kind == Kind.STAGE:
        return _STAGES.get(Stage(name), name) if name in set(Stage) else name
    if kind == "code":
        return name.replace("_", " ").capitalize()
    if kind == Kind.RUNG:
        rung = find_rung(name)
        return rung.title if rung else f"Captions from {name.replace('_', ' ')}"
    prefix = _KINDS.get(Kind(kind), kind.replace("_", " ").capitalize()) if kind in set(Kind) else kind
    return f"{prefix} {name}".strip()
