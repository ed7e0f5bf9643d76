"""Recordings in pieces: written with the run that needs them, read by whichever worker takes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import UploadPieceRow, UploadRow

_PIECE_BYTES = 1024 * 1024


async def store_upload(session: AsyncSession, upload_id: UUID, file: BinaryIO, *, size: int, now: datetime) -> None:
    """Writes the file from its present position to its end, a piece at a time."""
    await session.execute(insert(UploadRow).values(id=upload_id, bytes=size, created_at=now))
    number = 0
    while body := await asyncio.to_thread(file.read, _PIECE_BYTES):
        await session.execute(insert(UploadPieceRow).values(upload_id=upload_id, number=number, body=body))
        number += 1


async def read_upload(session: AsyncSession, upload_id: UUID) -> AsyncIterator[bytes]:
    """The file's bytes, a piece at a time; nothing where it is gone."""
    number = 0
    piece = select(UploadPieceRow.body).where(UploadPieceRow.upload_id == upload_id)
    while body := await session.scalar(piece.where(UploadPieceRow.number == number)):
        yield body
        number += 1


async def delete_upload(session: AsyncSession, upload_id: UUID) -> None:
    await session.execute(delete(UploadRow).where(UploadRow.id == upload_id))


async def delete_unused_uploads(session: AsyncSession, *, before: datetime) -> None:
    """Those stored before this that no open run needs."""
    await session.execute(
        text(
            """
            DELETE FROM uploads u
             WHERE u.created_at < :before
               AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.upload_id = u.id
                                AND (r.state IN ('queued', 'running') OR r.finished_at >= :before))
            """
        ),
        {"before": before},
    )
