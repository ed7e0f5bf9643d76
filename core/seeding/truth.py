"""The simulation's own truth: what figures and objectives have to show, computed from single events."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from core.domain.period import MINUTE, PRESETS
from core.seeding.ledger import Ledger
from core.seeding.plan import Plan
from core.seeding.truth_figures import FIGURES
from core.seeding.truth_objectives import OBJECTIVES, RECOVERY, allowed, days_of, objective_counts
from core.seeding.window import Window

FILE = "seed-truth.json"
# What a simulation cannot have, with the reason.
LEFT_OUT: dict[str, str] = {}


def write_truth(ledger: Ledger, folder: Path) -> Path:
    """Writes all of it as JSON, over what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_text(json.dumps(truth(ledger), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def truth(ledger: Ledger) -> dict[str, object]:
    """Figures by window, and objectives as they stand at the end."""
    plan = ledger.plan
    windows = {name: Window(ledger, start, end) for name, (start, end) in windows_of(plan).items()}
    return {
        "seed": plan.seed,
        "days": plan.days,
        "events": ledger.events,
        "end": plan.end.isoformat(),
        "windows": {name: [each.start.isoformat(), each.end.isoformat()] for name, each in windows.items()},
        "metrics": {
            slug: {name: figure(window) for name, window in windows.items()} for slug, figure in FIGURES.items()
        },
        "slos": {slug: _objective(ledger, slug) for slug in (*OBJECTIVES, RECOVERY)},
    }


def windows_of(plan: Plan) -> dict[str, tuple[datetime, datetime]]:
    """The presets as the pages have them (they end with the minute now running), and one with odd edges."""
    end = plan.end + MINUTE
    found = {name: (end - length, end) for name, length in PRESETS.items()}
    third = plan.at(1 / 3)
    found["custom"] = (third + timedelta(minutes=7), third + timedelta(minutes=7) + 0.41 * (plan.end - plan.start))
    found["custom"] = (found["custom"][0], _whole_minute(found["custom"][1]))
    return found


def _objective(ledger: Ledger, slug: str) -> dict[str, float | None]:
    end = ledger.plan.end + MINUTE
    valid, bad = objective_counts(slug, Window(ledger, end - timedelta(days=days_of(slug)), end))
    return {
        "valid": valid,
        "bad": bad,
        "sli": 1 - bad / valid if valid else None,
        "budget_left": 1 - bad / (allowed(slug) * valid) if valid else None,
    }


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
