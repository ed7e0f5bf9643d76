"""All tables, so that `Base.metadata` is complete wherever it is used."""

from core.db.models.base import Base
from core.db.models.summaries import (
    ProgressRow,
    RunRow,
    SummaryRow,
    SummaryVersionRow,
    TranscriptRow,
    VideoCaptionsRow,
    VideoRow,
)

__all__ = [
    "Base",
    "ProgressRow",
    "RunRow",
    "SummaryRow",
    "SummaryVersionRow",
    "TranscriptRow",
    "VideoCaptionsRow",
    "VideoRow",
]
