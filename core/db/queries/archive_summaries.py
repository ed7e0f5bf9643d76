"""Anonymous summaries that are due, the rows they stand on, and how both come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import driver_connection
from core.db.queries.archive_counts import OldRows
from core.db.queries.archive_rows import Insertion, insert_lines
from core.db.queries.legal_holds import SUMMARY_IS_HELD
from core.domain.archival import Dependent
from core.domain.owner import ANONYMOUS_USER
from core.domain.run import OPEN_STATES

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)
# The operators' guide's own condition, "Archive old anonymous summaries".
_OLD = f"s.user_id = '{ANONYMOUS_USER}' AND s.created_at < CAST(:cutoff AS timestamptz)"
_IS_OPEN = f"EXISTS (SELECT 1 FROM runs r WHERE r.id = s.run_id AND r.state IN ({_OPEN}))"  # noqa: S608
_DUE = f"{_OLD} AND NOT {_IS_OPEN} AND NOT {SUMMARY_IS_HELD}"

OLD_SUMMARIES = OldRows(
    alias="s", table="summaries", key="id", old=_OLD, due=_DUE,
    kept=(("under legal hold", SUMMARY_IS_HELD), ("still being written", f"{_IS_OPEN} AND NOT {SUMMARY_IS_HELD}")),
)  # fmt: skip


# What lines are called that only say which words a transcript of an earlier slice holds.
NAMED_TRANSCRIPTS = "named_transcripts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Ids of the rows without which summaries can't be opened."""

    transcripts: frozenset[UUID]
    runs: frozenset[UUID]
    versions: frozenset[UUID]


async def find_support(session: AsyncSession, summaries: Iterable[UUID]) -> Support:
    """What these summaries stand on: their runs and versions, those of which these were made, and the words."""
    connection = await driver_connection(session)
    cursor = await connection.execute(_SUPPORT, {"ids": list(summaries)})
    found: dict[str, set[UUID]] = {"transcripts": set(), "runs": set(), "versions": set()}
    for kind, row_id in await cursor.fetchall():
        found[kind].add(row_id)
    return Support(**{kind: frozenset(ids) for kind, ids in found.items()})


async def name_transcripts(session: AsyncSession, ids: Iterable[UUID]) -> list[str]:
    """A line for each: its digest, by which a slice finds the words again that were written with an earlier one."""
    connection = await driver_connection(session)
    cursor = await connection.execute(_NAME_TRANSCRIPTS, {"ids": sorted(ids), "table": NAMED_TRANSCRIPTS})
    return [line for (line,) in await cursor.fetchall()]


async def count_support(session: AsyncSession, cutoff: datetime) -> tuple[Dependent, ...]:
    """How many rows of other tables are copied into the archive of what is due."""
    row = (await session.execute(_COUNT_SUPPORT, {"cutoff": cutoff})).one()
    note = "copied, so that a restored summary opens again"
    return (
        Dependent(table="summary_versions", rows=row.versions, note=note),
        Dependent(table="runs", rows=row.runs, note=note),
        Dependent(table="transcripts", rows=row.transcripts, note=note),
    )


async def insert_support(
    session: AsyncSession,
    *,
    transcripts: Sequence[str],
    named: Sequence[str],
    runs: Sequence[str],
    versions: Sequence[str],
) -> None:
    """Puts back what is missing of these rows. Words that are there under another id are used as they are.

    A row whose own support is gone, with a damaged slice, stays away.
    """
    await insert_lines(session, Insertion(table="transcripts"), transcripts)
    connection = await driver_connection(session)
    cursor = await connection.execute(_LIVE_TRANSCRIPTS, {"lines": [*transcripts, *named]})
    moved = _columns(await cursor.fetchall())
    await insert_lines(session, _run_insertion(moved), runs)
    await insert_lines(session, _version_insertion(moved), versions)
    await connection.execute(_POINT_AT_VERSIONS, {"lines": list(runs)})


async def insert_summaries(session: AsyncSession, lines: Sequence[str]) -> int:
    """How many of these summaries came back: not those that are there, nor those whose run or version is not."""
    return await insert_lines(session, Insertion(table="summaries", where=_SUPPORT_IS_THERE), lines)


def _columns(moved: Sequence[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    return {"archived": [pair[0] for pair in moved], "live": [pair[1] for pair in moved]}


_MOVED = "LEFT JOIN unnest(%(archived)s::uuid[], %(live)s::uuid[]) AS moved (archived, live)"
_WORDS_ARE_THERE = "EXISTS (SELECT 1 FROM transcripts t WHERE t.id = coalesce(moved.live, r.transcript_id::uuid))"
_RUN_IS_THERE = "EXISTS (SELECT 1 FROM runs WHERE runs.id = r.run_id::uuid)"
_VERSION_IS_THERE = "EXISTS (SELECT 1 FROM summary_versions v WHERE v.id = r.version_id::uuid)"
_SUPPORT_IS_THERE = f"{_RUN_IS_THERE} AND (r.version_id IS NULL OR {_VERSION_IS_THERE})"


def _run_insertion(moved: dict[str, list[UUID]]) -> Insertion:
    """The version comes later, since each points at the other; the key for reuse only where nobody took it since."""
    return Insertion(
        table="runs",
        values={
            "transcript_id": "coalesce(moved.live, r.transcript_id::uuid)",
            "version_id": "NULL",
            "cache_key": "CASE WHEN EXISTS (SELECT 1 FROM runs taken WHERE taken.cache_key = r.cache_key)"
            " THEN NULL ELSE r.cache_key END",
        },
        joins=f"{_MOVED} ON moved.archived = r.transcript_id::uuid",
        where=f"r.transcript_id IS NULL OR {_WORDS_ARE_THERE}",
        parameters=moved,
    )


def _version_insertion(moved: dict[str, list[UUID]]) -> Insertion:
    return Insertion(
        table="summary_versions",
        values={"transcript_id": "coalesce(moved.live, r.transcript_id::uuid)"},
        joins=f"{_MOVED} ON moved.archived = r.transcript_id::uuid",
        where=f"{_RUN_IS_THERE} AND {_WORDS_ARE_THERE}",
        parameters=moved,
    )


_SUPPORT = b"""
    WITH asked AS (SELECT run_id, version_id FROM summaries WHERE id = ANY(%(ids)s)),
         versions AS (SELECT version_id AS id FROM asked WHERE version_id IS NOT NULL
                      UNION SELECT r.version_id FROM runs r JOIN asked a ON a.run_id = r.id
                             WHERE r.version_id IS NOT NULL),
         runs_ AS (SELECT run_id AS id FROM asked
                   UNION SELECT v.run_id FROM summary_versions v JOIN versions USING (id))
    SELECT 'versions', id FROM versions UNION ALL SELECT 'runs', id FROM runs_
    UNION SELECT 'transcripts', r.transcript_id FROM runs r JOIN runs_ USING (id) WHERE r.transcript_id IS NOT NULL
    UNION SELECT 'transcripts', v.transcript_id FROM summary_versions v JOIN versions USING (id)
"""
_COUNT_SUPPORT = text(
    f"""
    SELECT count(DISTINCT s.run_id) AS runs, count(DISTINCT s.version_id) AS versions,
           count(DISTINCT v.transcript_id) AS transcripts
      FROM summaries s LEFT JOIN summary_versions v ON v.id = s.version_id
     WHERE {_DUE}
    """  # noqa: S608
)
_NAME_TRANSCRIPTS = b"""
    SELECT '{"' || %(table)s::text || '":' || row_to_json(x)::text || '}'
      FROM (SELECT id::text, sha256 FROM transcripts WHERE id = ANY(%(ids)s) ORDER BY id) AS x
"""
_LIVE_TRANSCRIPTS = b"""
    SELECT a.id::uuid, t.id FROM unnest(%(lines)s::text[]) AS given (line)
     CROSS JOIN LATERAL json_to_record(given.line::json) AS a (id text, sha256 text)
      JOIN transcripts t ON t.sha256 = a.sha256
     WHERE t.id <> a.id::uuid
"""
_POINT_AT_VERSIONS = b"""
    UPDATE runs SET version_id = a.version_id::uuid
      FROM unnest(%(lines)s::text[]) AS given (line)
     CROSS JOIN LATERAL json_to_record(given.line::json) AS a (id text, version_id text)
     WHERE runs.id = a.id::uuid AND runs.version_id IS NULL
       AND EXISTS (SELECT 1 FROM summary_versions v WHERE v.id = a.version_id::uuid)
"""
