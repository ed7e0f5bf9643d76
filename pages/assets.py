"""Own assets under content-hashed names, compressed once, cached for ever by browsers."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from core.errors import NotFound
from pages.theme import ops_stylesheet, stylesheet

_COMPONENTS = Path(__file__).parent / "components"
_IMPORT = re.compile(r'(from\s+|import\s+)"\./([\w-]+\.js)"')
_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file as it is served. `name` holds 12 hex digits of the content's SHA-256 before the suffix."""

    name: str
    content_type: str
    body: bytes
    gzipped: bytes


def asset_url(source_name: str) -> str:
    """The address of `site.css`, `ops.css`, `favicon.svg` or a script beside a component."""
    return f"/assets/{_assets()[source_name].name}"


def register() -> None:
    """GET and HEAD /assets/{name}."""
    app.add_api_route("/assets/{name}", _serve, methods=["GET", "HEAD"], include_in_schema=False)


def _serve(name: str, request: Request) -> Response:
    asset = _by_served_name().get(name)
    if asset is None:
        raise NotFound("There is no such file here.")
    headers = {"Cache-Control": _IMMUTABLE, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.gzipped, media_type=asset.content_type, headers=headers)
    return Response(asset.body, media_type=asset.content_type, headers=headers)


@cache
def _by_served_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in _assets().values()}


@cache
def _assets() -> dict[str, Asset]:
    loaded = {"site.css": _make("site.css", stylesheet()), "ops.css": _make("ops.css", ops_stylesheet())}
    for path in sorted([*_COMPONENTS.glob("*.js"), *_COMPONENTS.glob("*.svg")]):
        _load(path.name, loaded)
    return loaded


def _load(name: str, loaded: dict[str, Asset]) -> Asset:
    """A script's imports are served under hashed names too, so what it imports is loaded first."""
    if name not in loaded:
        text = (_COMPONENTS / name).read_text("utf-8")
        text = _IMPORT.sub(lambda match: f'{match[1]}"./{_load(match[2], loaded).name}"', text)
        loaded[name] = _make(name, text)
    return loaded[name]


def _make(name: str, text: str) -> Asset:
    body = text.encode()
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Asset(
        name=f"{stem}.{digest}.{suffix}",
        content_type=_TYPES[suffix],
        body=body,
        gzipped=gzip.compress(body, 9, mtime=0),
    )
