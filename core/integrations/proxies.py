"""The proxy that stands between us and YouTube where YouTube turns our own address away."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from core.domain.engine_settings import EngineSettings

# Oxylabs' residential proxies: all requests under one `sessid` leave by the same address, ten minutes long.
# https://developers.oxylabs.io/products/proxies/residential-proxies/session-control
_OXYLABS = "http://customer-{user}-sessid-{{session}}:{password}@pr.oxylabs.io:7777"
_SESSION = "{session}"


def proxy_address(settings: EngineSettings) -> str | None:
    """The proxy's address, which may hold `{session}`; the operator's own wins over Oxylabs. None where there is none.

    A password stands in it: it is never logged.
    """
    if settings.proxy_url:
        return settings.proxy_url
    if not settings.oxylabs_username or not settings.oxylabs_password:
        return None
    user = settings.oxylabs_username.removeprefix("customer-")
    return _OXYLABS.format(user=quote(user, safe=""), password=quote(settings.oxylabs_password, safe=""))


def with_fresh_session(address: str | None) -> str | None:
    """The address with a session nobody has used: the vendor then leaves by another address of its own."""
    return address.replace(_SESSION, secrets.token_hex(8)) if address else None
