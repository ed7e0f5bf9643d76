"""People with an account, their sessions, the links they were mailed, and who was kept from trying again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.models.base import Base

_now = func.now()


class UserRow(Base):
    """An account whose address was shown to be the person's own: a sign-up becomes a row only then.

    `email_key` is the address as it is compared (NFKC, case folded); `email` as it was typed.
    """

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, server_default=text("'user'"))
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    banned_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("role IN ('user','operator','admin')", name="role_is_known"),)


class SessionRow(Base):
    """One signed-in browser. `signed_in_at` is the last time the password was shown; `agent` the browser in words."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(Text, unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    signed_in_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[str] = mapped_column(Text, server_default=text("''"))


class AccountTokenRow(Base):
    """A single-use link: to finish a sign-up, to set a new password, or to become the first admin.

    The link's secret is never stored, only its digest. A sign-up waits here whole (`password_hash`, and the anonymous
    browser whose summaries come along) until its address is proved.
    """

    __tablename__ = "account_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(Text, unique=True)
    purpose: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    anonymous_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("purpose IN ('sign_up','known_address','reset','first_admin')", name="purpose_is_known"),
        Index("idx_account_tokens_expires", "expires_at"),
    )


class AttemptRow(Base):
    """Failed tries under one key (a digest of what kind of try, and of the account or the network address)."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    last_failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class VisitorRow(Base):
    """When an anonymous browser first made a summary, and when its person signed up: the funnel's two ends."""

    __tablename__ = "visitors"

    anonymous_id: Mapped[str] = mapped_column(Text, primary_key=True)
    first_summary_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)

    __table_args__ = (Index("idx_visitors_first_summary", "first_summary_at"),)
