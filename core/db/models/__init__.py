"""All tables, so that `Base.metadata` is complete wherever it is used."""

from core.db.models.accounts import AccountTokenRow, AttemptRow, SessionRow, UserRow, VisitorRow
from core.db.models.base import Base
from core.db.models.batches import BatchItemRow, BatchRow
from core.db.models.maintenance import ArchiveRunRow, ArchiveSliceRow, AuditRow, LegalHoldRow
from core.db.models.spending import (
    AwaitedRunRow,
    FinishedPartRow,
    ModelCallRow,
    ModelEndpointRow,
    VendorStateRow,
)
from core.db.models.summaries import (
    ProgressRow,
    RunRow,
    SummaryRow,
    SummaryVersionRow,
    TranscriptRow,
    VideoCaptionsRow,
    VideoRow,
)
from core.db.models.telemetry import (
    active_days_table,
    days_table,
    deploys_table,
    dirty_hours_table,
    events_table,
    facts_table,
    hours_table,
    incidents_table,
    minutes_table,
    series_table,
    writers_table,
)
from core.db.models.uploads import UploadPieceRow, UploadRow

__all__ = [
    "AccountTokenRow",
    "ArchiveRunRow",
    "ArchiveSliceRow",
    "AttemptRow",
    "AuditRow",
    "AwaitedRunRow",
    "Base",
    "BatchItemRow",
    "BatchRow",
    "FinishedPartRow",
    "LegalHoldRow",
    "ModelCallRow",
    "ModelEndpointRow",
    "ProgressRow",
    "RunRow",
    "SessionRow",
    "SummaryRow",
    "SummaryVersionRow",
    "TranscriptRow",
    "UploadPieceRow",
    "UploadRow",
    "UserRow",
    "VendorStateRow",
    "VideoCaptionsRow",
    "VideoRow",
    "VisitorRow",
    "active_days_table",
    "days_table",
    "deploys_table",
    "dirty_hours_table",
    "events_table",
    "facts_table",
    "hours_table",
    "incidents_table",
    "minutes_table",
    "series_table",
    "writers_table",
]
