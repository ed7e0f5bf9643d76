"""Composition: settings, services, the interface for programs, the pages, the server. `python app.py` starts it all."""

from __future__ import annotations

import contextlib
import sys

from nicegui import app, ui
from nicegui import core as nicegui_core

import ops_dashboard
import pages
from core import api
from core.api.origin import socket_origin_check
from core.api.serving import choose_address, run_with
from core.bootstrap import build_services
from core.config import PROJECT_ROOT, load_settings
from core.errors import AppError
from core.logging import configure_logging
from core.secrets import session_key

# As long as what people make without an account is kept: the cookie holds the only key to it.
COOKIE_LIFE_S = 90 * 86_400


def main() -> None:
    """Runs the web application until it is told to stop."""
    configure_logging()
    settings = load_settings()
    address = choose_address(settings)
    cookie = {"https_only": settings.is_https, "same_site": "lax"}
    cookie["max_age"] = max(COOKIE_LIFE_S, settings.session_longest_s)
    cookie["session_cookie"] = "__Host-sid" if settings.is_https else "sid"  # browsers refuse __Host- without https
    key = session_key(settings)
    services = build_services(settings, app_name="sightline-web", origin=address.url)
    app.storage.path = settings.data_dir / "nicegui"
    api.register(app, services)
    pages.register(services)
    ops_dashboard.register(services)
    run_with(app, services, address)
    nicegui_core.sio.eio.cors_allowed_origins = socket_origin_check(settings.public_origin)
    # fmt: off
    ui.run(
        host=address.host, port=address.port, title="Sightline", language="en-US", dark=None, show=False, reload=False,
        favicon=PROJECT_ROOT / "pages" / "components" / "favicon.svg", unocss=None, tailwind=False, prod_js=True,
        reconnect_timeout=30, message_history_length=100, storage_secret=key, session_middleware_kwargs=cookie,
        show_welcome_message=False, server_header=False, proxy_headers=True, timeout_graceful_shutdown=5,
        log_config=None, access_log=False,
    )
    # fmt: on


if __name__ == "__main__":
    try:
        with contextlib.suppress(KeyboardInterrupt):
            main()
    except AppError as error:
        sys.exit(f"Sightline cannot start. {error.message}")
