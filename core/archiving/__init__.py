"""What is archived, and how. Adding a policy is a file beside these and an entry here."""

from __future__ import annotations

from core.archiving.anonymous_summaries import AnonymousSummaries
from core.archiving.definition import Definition
from core.archiving.events import RawEvents
from core.archiving.progress import ProgressRows
from core.config import Settings
from core.domain.archival import Policy


def build_policies(settings: Settings) -> dict[Policy, Definition]:
    """Every policy of this installation, in the order of the page."""
    listed: tuple[Definition, ...] = (AnonymousSummaries(), ProgressRows(), RawEvents(settings.event_days))
    return {each.policy: each for each in listed}
