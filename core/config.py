"""Settings: the only reader of the environment. Names are the operators' guide's; ours stand beside them as aliases."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import AppError

PROJECT_ROOT = Path(__file__).resolve().parents[1]


class ConfigurationError(AppError):
    """A setting is missing, malformed, or contradicts another: the message names the variable and the remedy."""

    code = "configuration"
    status = 500


class WorkerMode(StrEnum):
    AUTO = "auto"
    OFF = "off"


class Settings(BaseSettings):
    """Frozen for the life of a process. Units stand in the names."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True)

    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8080, ge=0, le=65535, validation_alias="PORT")
    public_origin: str | None = Field(None, validation_alias=AliasChoices("PUBLIC_ORIGIN", "NEXT_PUBLIC_APP_URL"))
    secret_key: SecretStr | None = Field(None, validation_alias="SECRET_KEY")
    data_dir: Path = Field(PROJECT_ROOT / ".sightline", validation_alias="SIGHTLINE_DATA_DIR")
    worker_mode: WorkerMode = Field(WorkerMode.AUTO, validation_alias="SIGHTLINE_WORKER")
    worker_concurrency: int = Field(2, ge=1, le=64, validation_alias="SIGHTLINE_WORKER_CONCURRENCY")

    database_url: SecretStr | None = Field(None, validation_alias="DATABASE_URL")
    database_direct_url: SecretStr | None = Field(None, validation_alias="DATABASE_DIRECT_URL")
    migrate_on_start: bool = Field(False, validation_alias="MIGRATE_ON_START")

    youtube_timeout_s: float = Field(2.0, gt=0, validation_alias="SIGHTLINE_YOUTUBE_TIMEOUT_S")
    youtube_total_timeout_s: float = Field(20.0, gt=0, validation_alias="SIGHTLINE_YOUTUBE_TOTAL_TIMEOUT_S")
    job_timeout_s: float = Field(300.0, gt=0, validation_alias="SIGHTLINE_JOB_TIMEOUT_S")
    heartbeat_interval_s: float = Field(2.0, gt=0, validation_alias="SIGHTLINE_HEARTBEAT_INTERVAL_S")
    stalled_after_s: float = Field(8.0, gt=0, validation_alias="SIGHTLINE_STALLED_AFTER_S")

    summary_cache_ttl_s: int = Field(86_400, ge=0, validation_alias="SIGHTLINE_SUMMARY_CACHE_TTL_S")
    metadata_cache_ttl_s: int = Field(7 * 86_400, ge=0, validation_alias="SIGHTLINE_METADATA_CACHE_TTL_S")

    smtp_url: SecretStr | None = Field(None, validation_alias="SMTP_URL")
    mail_from: str = Field("Sightline <no-reply@localhost>", validation_alias="MAIL_FROM")
    session_idle_s: int = Field(30 * 86_400, gt=0, validation_alias="SIGHTLINE_SESSION_IDLE_S")
    session_longest_s: int = Field(90 * 86_400, gt=0, validation_alias="SIGHTLINE_SESSION_LONGEST_S")

    event_keep_one_in: int = Field(10, ge=1, le=10_000, validation_alias="SIGHTLINE_EVENT_KEEP_ONE_IN")
    event_buffer_rows: int = Field(50_000, ge=1_000, validation_alias="SIGHTLINE_EVENT_BUFFER_ROWS")
    event_days: int = Field(35, ge=1, validation_alias="SIGHTLINE_EVENT_DAYS")
    vitals_sample_ratio: float = Field(1.0, ge=0, le=1, validation_alias="SIGHTLINE_VITALS_SAMPLE_RATIO")
    metrics_token: SecretStr | None = Field(None, validation_alias="SIGHTLINE_METRICS_TOKEN")
    sentry_dsn: SecretStr | None = Field(None, validation_alias="SENTRY_DSN")

    archive_dir: Path | None = Field(None, validation_alias="SIGHTLINE_ARCHIVE_DIR")
    archive_rest_ratio: float = Field(6.0, ge=0, validation_alias="SIGHTLINE_ARCHIVE_REST_RATIO")
    two_admin_rows: int = Field(100_000, ge=1, validation_alias="SIGHTLINE_TWO_ADMIN_ROWS")
    kill_at: str | None = Field(None, validation_alias="SIGHTLINE_KILL_AT")

    openai_api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    release: str = Field("dev", validation_alias="SIGHTLINE_RELEASE")

    @property
    def is_https(self) -> bool:
        """True where the public origin is served over TLS: cookies are then Secure and HSTS is sent."""
        return bool(self.public_origin and self.public_origin.startswith("https://"))


def load_settings() -> Settings:
    """Settings from the environment; ConfigurationError with the variable's name where one is wrong."""
    try:
        return Settings()  # type: ignore[call-arg]  # pydantic fills the fields from the environment
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
