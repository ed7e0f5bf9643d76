"""The chart library: the small build where `sightline build-assets` made one, else the full one NiceGUI brings."""

from __future__ import annotations

import importlib
from pathlib import Path

from nicegui import app
from nicegui.dependencies import importmap_overrides, register_importmap_override
from starlette.requests import Request
from starlette.responses import Response

from core.errors import NotFound

IMPORT_NAME = "nicegui-plotly"
PATH = "/assets/built"
_TYPE = "text/javascript; charset=utf-8"
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


def register(data_dir: Path) -> None:
    """Points the pages' import map at the small build, if there is one, and serves it."""
    # Registers the bundled build under the import's name.
    importlib.import_module("nicegui.elements.plotly")
    importmap_overrides.pop(IMPORT_NAME, None)
    built = find_built(data_dir)
    if built is None:
        return
    register_importmap_override(IMPORT_NAME, f"{PATH}/{built.name}")
    # Read now: pages of this process name this build, also when a newer one has taken its place in the folder.
    plain, packed = built.read_bytes(), built.with_suffix(".js.gz").read_bytes()

    def serve(name: str, request: Request) -> Response:
        if name != built.name:
            raise NotFound("There is no such file here.")
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, media_type=_TYPE, headers=_HEADERS | {"Content-Encoding": "gzip"})
        return Response(plain, media_type=_TYPE, headers=_HEADERS)

    app.add_api_route(f"{PATH}/{{name}}", serve, methods=["GET", "HEAD"], include_in_schema=False)


def find_built(data_dir: Path) -> Path | None:
    """The newest build in the data folder that has its compressed twin; None without any."""
    found = [path for path in (data_dir / "assets").glob("plotly-*.js") if path.with_suffix(".js.gz").is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)
