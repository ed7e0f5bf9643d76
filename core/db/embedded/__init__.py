"""The database that comes with Sightline: PostgreSQL from a wheel, in the data folder, on a private socket."""

from core.db.embedded.errors import EmbeddedServerError
from core.db.embedded.server import EmbeddedServer, stop_abandoned, throwaway_server

__all__ = ["EmbeddedServer", "EmbeddedServerError", "stop_abandoned", "throwaway_server"]
