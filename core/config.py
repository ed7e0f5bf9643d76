"""Settings: the only reader of the environment. Names are the operators' guide's; ours stand beside them as aliases."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.domain.engine_settings import EngineSettings
from core.domain.prices import price_of
from core.domain.rungs import rungs_in_order
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

    # The transcript ladder: which rungs are climbed, in this order, and what each of them needs.
    caption_order: str = Field(
        "youtube,yt_dlp,youtube_proxy,yt_dlp_proxy,gumloop,speech", validation_alias="SIGHTLINE_CAPTION_ORDER"
    )
    oxylabs_username: SecretStr | None = Field(None, validation_alias="OXYLABS_USERNAME")
    oxylabs_password: SecretStr | None = Field(None, validation_alias="OXYLABS_PASSWORD")
    proxy_url: SecretStr | None = Field(None, validation_alias="SIGHTLINE_PROXY_URL")
    gumloop_api_key: SecretStr | None = Field(None, validation_alias="GUMLOOP_API_KEY")
    gumloop_user_id: str | None = Field(None, validation_alias="GUMLOOP_USER_ID")
    gumloop_flow_id: str | None = Field(None, validation_alias="GUMLOOP_FLOW_ID")
    gumloop_total_timeout_s: float = Field(90.0, gt=0, validation_alias="SIGHTLINE_GUMLOOP_TOTAL_TIMEOUT_S")
    youtube_api_key: SecretStr | None = Field(None, validation_alias="YOUTUBE_API_KEY")
    whisper_model: Path | None = Field(None, validation_alias="WHISPER_MODEL")
    speech_model: str = Field("whisper-1", validation_alias="OPENAI_SPEECH_MODEL")
    speech_total_timeout_s: float = Field(1_800.0, gt=0, validation_alias="SIGHTLINE_SPEECH_TOTAL_TIMEOUT_S")
    upload_longest_mb: int = Field(500, ge=1, validation_alias="SIGHTLINE_UPLOAD_MB")

    youtube_timeout_s: float = Field(2.0, gt=0, validation_alias="SIGHTLINE_YOUTUBE_TIMEOUT_S")
    youtube_total_timeout_s: float = Field(20.0, gt=0, validation_alias="SIGHTLINE_YOUTUBE_TOTAL_TIMEOUT_S")
    job_timeout_s: float = Field(300.0, gt=0, validation_alias="SIGHTLINE_JOB_TIMEOUT_S")
    heartbeat_interval_s: float = Field(2.0, gt=0, validation_alias="SIGHTLINE_HEARTBEAT_INTERVAL_S")
    stalled_after_s: float = Field(8.0, gt=0, validation_alias="SIGHTLINE_STALLED_AFTER_S")

    batch_at_once: int = Field(2, ge=1, le=100, validation_alias="SIGHTLINE_BATCH_AT_ONCE")

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

    # The language model: any endpoint that speaks OpenAI's chat completions.
    openai_api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field("https://api.openai.com/v1", validation_alias="OPENAI_BASE_URL")
    openai_model: str = Field("gpt-4o-mini", validation_alias="OPENAI_MODEL")
    openai_model_reduce: str | None = Field(None, validation_alias="OPENAI_MODEL_REDUCE")
    openai_prices: str | None = Field(None, validation_alias="OPENAI_PRICES")
    openai_context_tokens: int = Field(128_000, ge=4_000, validation_alias="OPENAI_CONTEXT_TOKENS")
    openai_concurrency: int = Field(4, ge=1, le=32, validation_alias="OPENAI_CONCURRENCY")
    openai_timeout_s: float = Field(120.0, gt=0, validation_alias="OPENAI_TIMEOUT_S")
    model_job_timeout_s: float = Field(3_600.0, gt=0, validation_alias="SIGHTLINE_MODEL_JOB_TIMEOUT_S")
    job_cap_usd: float = Field(2.0, ge=0, validation_alias="SIGHTLINE_JOB_CAP_USD")
    user_day_cap_usd: float = Field(10.0, ge=0, validation_alias="SIGHTLINE_USER_DAY_CAP_USD")
    day_cap_usd: float = Field(100.0, ge=0, validation_alias="SIGHTLINE_DAY_CAP_USD")
    rung_faults: int = Field(5, ge=1, validation_alias="SIGHTLINE_RUNG_FAULTS")
    vendor_pause_s: float = Field(30.0, gt=0, validation_alias="SIGHTLINE_VENDOR_PAUSE_S")
    vendor_wait_longest_s: float = Field(86_400.0, gt=0, validation_alias="SIGHTLINE_VENDOR_WAIT_S")
    release: str = Field("dev", validation_alias="SIGHTLINE_RELEASE")

    def for_engine(self) -> EngineSettings:
        """What an engine's process is told: never the database, cookies or mail."""
        return EngineSettings(**{field.name: _plain(getattr(self, field.name)) for field in fields(EngineSettings)})

    @property
    def listens(self) -> bool:
        """True where something is set up that turns speech into text."""
        return self.openai_api_key is not None or self.whisper_model is not None

    @property
    def is_https(self) -> bool:
        """True where the public origin is served over TLS: cookies are then Secure and HSTS is sent."""
        return bool(self.public_origin and self.public_origin.startswith("https://"))


def _plain(value: object) -> Any:  # noqa: ANN401  # each field's own type
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if isinstance(value, Path) else value


def load_settings() -> Settings:
    """Settings from the environment; ConfigurationError (or BadCaptionOrder) names the variable that is wrong."""
    try:
        settings = Settings()  # type: ignore[call-arg]  # pydantic fills the fields from the environment
        rungs_in_order(settings.caption_order)
        price_of(settings.openai_model, on=date.min, own=settings.openai_prices)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    else:
        return settings
