"""What admins did, in words for everybody who may see the figures: what happened to what, never to whom or by whom."""

from __future__ import annotations

from core.domain.archival import AuditEntry
from core.slos import ALL

_SUBJECTS = {
    "summary": "a summary",
    "user": "a person's summaries",
    "slo:all": "all objectives",
    "slo": "an objective that there is no more",
} | {f"slo:{slo.slug}": f"the objective “{slo.title}”" for slo in ALL}
# Archivals, restorations, deploys and incidents are told from their own rows.
_ACTS = {
    "account.first_admin": "The first admin's account was made",
    "account.grant": "An account was given the role {to}",
    "account.ban": "An account was closed",
    "account.unban": "A closed account was opened again",
    "archive.proposed": "An archival of {policy} waits for a second admin",
    "archive.approved": "A second admin agreed to an archival of {policy}",
    "archive.stopped": "An archival of {policy} stopped before its end",
    "restore.stopped": "Putting back {policy} stopped before its end",
    "archive.erased_from": "{rows} taken out of an archive of {policy}",
    "archive.expired": "An archive of {policy} was deleted: its time was over",
    "correct_objectives": "A stretch of time was taken out of {subject}",
    "hold.placed": "A legal hold was placed on {subject}",
    "hold.released": "A legal hold on {subject} was released",
    "hold.withheld": "A summary that its owner deleted is kept by a legal hold",
}
TOLD = tuple(_ACTS)


def tell(entry: AuditEntry) -> str:
    """One of `TOLD` as a sentence without its full stop."""
    rows = entry.detail.get("rows", 0)
    # Behind the kind stands an id, which is nobody's business here.
    kind = entry.subject.partition(":")[0]
    return _ACTS[entry.action].format(
        to=entry.detail.get("to", ""),
        rows="1 row was" if rows == 1 else f"{rows:,} rows were",
        policy=entry.subject.replace("-", " "),
        subject=_SUBJECTS.get(entry.subject) or _SUBJECTS.get(kind, kind),
    )
