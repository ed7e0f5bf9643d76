"""Addresses of databases, in the one form that libpq, psycopg, procrastinate and `psql` all read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from core.config import ConfigurationError, Settings

if TYPE_CHECKING:
    from core.db.embedded import EmbeddedServer

# What other drivers and object mappers put into an address; libpq refuses an address with a word it does not know.
_FOREIGN_PARAMETERS = frozenset({
    "pgbouncer", "connection_limit", "pool_timeout", "schema", "statement_cache_size", "sslaccept", "socket_timeout",
    "prepared_statement_cache_size", "prepare_threshold", "async_fallback",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUrls:
    """`url` may lead through a transaction pooler; `direct_url` never does, and is None where none is known.

    Without a `direct_url` there is no LISTEN: what wants news has to ask for it.
    """

    url: str
    direct_url: str | None
    server: EmbeddedServer | None = None

    @property
    def is_embedded(self) -> bool:
        return self.server is not None

    @property
    def migration_url(self) -> str:
        return self.direct_url or self.url

    def release(self) -> None:
        """Lets go of the embedded server, where there is one. Blocking."""
        if self.server is not None:
            self.server.stop()


def ensure_database(settings: Settings) -> DatabaseUrls:
    """The operator's database, or the embedded one, started where it is not running. Blocking.

    Raises ConfigurationError for an address that leads to no PostgreSQL, EmbeddedServerError where the server fails.
    """
    if settings.database_url is None:
        from core.db.embedded import EmbeddedServer

        server = EmbeddedServer(settings.data_dir)
        server.start()
        return DatabaseUrls(url=server.url, direct_url=server.url, server=server)
    direct = settings.database_direct_url
    return DatabaseUrls(
        url=libpq_url(settings.database_url.get_secret_value(), setting="DATABASE_URL"),
        direct_url=libpq_url(direct.get_secret_value(), setting="DATABASE_DIRECT_URL") if direct else None,
    )


def libpq_url(given: str, *, setting: str = "DATABASE_URL") -> str:
    """The address as libpq reads it: `postgres://`, `postgresql+psycopg://` and other drivers' words are translated.

    Raises ConfigurationError, which names the setting and never repeats the address: it holds a password.
    """
    try:
        parts = urlsplit(given.strip().strip("'\""))
    except ValueError:
        raise _unreadable(setting) from None
    dialect, _, _driver = parts.scheme.partition("+")
    if dialect not in ("postgres", "postgresql"):
        raise _unreadable(setting)
    known = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in _FOREIGN_PARAMETERS]
    # An empty authority has to keep its slashes: `postgresql:///name?host=/folder`.
    rest = urlunsplit(("", "", parts.path, urlencode(known, quote_via=quote), ""))
    return f"postgresql://{parts.netloc}{rest}"


def _unreadable(setting: str) -> ConfigurationError:
    return ConfigurationError(
        f"{setting} is not the address of a PostgreSQL database. It looks like "
        "postgresql://user:password@host:5432/name, with ?sslmode=require where the server wants it."
    )
