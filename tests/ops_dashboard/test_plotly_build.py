"""Which chart library the pages load. The import map's override is internal to NiceGUI: these tests hold it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from nicegui import ui
from nicegui.testing.user_simulation import user_simulation

from core.cli.build_assets import PLOTLY_VERSION, store
from ops_dashboard import plotly_build
from pages import errors

_BUNDLE = b"export const Plotly = {};\n"


async def _library_of_a_page(data_dir: Path) -> tuple[str, dict[str, str], bytes]:
    """The address under which a page imports the library, what it answers with, and its bytes."""
    async with user_simulation() as user:
        plotly_build.register(data_dir)

        @ui.page("/charts")
        def charts() -> None:
            ui.label("charts")

        page = await user.http_client.get("/charts")
        found = re.search(r'"imports":\s*(\{.*?\})', page.text, re.DOTALL)
        assert found
        address = json.loads(found[1])["nicegui-plotly"]
        answer = await user.http_client.get(address)
        assert answer.status_code == 200
        return address, dict(answer.headers), answer.content


async def test_the_small_build_is_imported_where_it_was_made(tmp_path: Path) -> None:
    built = store(_BUNDLE, tmp_path / "assets")
    address, headers, body = await _library_of_a_page(tmp_path)
    assert address == f"/assets/built/{built.name}"
    assert body == _BUNDLE
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"].startswith("text/javascript")


async def test_without_it_the_library_that_nicegui_brings_is_imported(tmp_path: Path) -> None:
    address, _headers, body = await _library_of_a_page(tmp_path)
    assert address.startswith("/_nicegui/")
    assert b"newPlot" in body


async def test_nothing_but_the_build_is_served_from_the_folder(tmp_path: Path) -> None:
    store(_BUNDLE, tmp_path / "assets")
    (tmp_path / "assets" / "secret.js").write_text("no")
    async with user_simulation() as user:
        errors.register()
        plotly_build.register(tmp_path)
        for name in ("secret.js", "..%2Fsecret_key", "plotly-0.0.0-000000000000.js"):
            assert (await user.http_client.get(f"/assets/built/{name}")).status_code == 404


def test_a_build_has_its_content_in_its_name_and_takes_the_place_of_older_ones(tmp_path: Path) -> None:
    first = store(b"one", tmp_path)
    second = store(b"two", tmp_path)
    assert first.name != second.name
    assert second.name.startswith(f"plotly-{PLOTLY_VERSION}-")
    assert sorted(tmp_path.iterdir()) == [second, second.with_suffix(".js.gz")]
    assert gzip.decompress(second.with_suffix(".js.gz").read_bytes()) == b"two"


async def test_a_newer_build_does_not_take_the_library_from_pages_that_name_the_older(tmp_path: Path) -> None:
    built = store(_BUNDLE, tmp_path / "assets")
    async with user_simulation() as user:
        plotly_build.register(tmp_path)
        store(b"newer", tmp_path / "assets")
        answer = await user.http_client.get(f"/assets/built/{built.name}")
        assert (answer.status_code, answer.content) == (200, _BUNDLE)


def test_a_build_that_cannot_be_written_leaves_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store(b"one", tmp_path / "assets")

    def full(_path: Path, _content: bytes) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        store(b"two", tmp_path / "assets")
    assert plotly_build.find_built(tmp_path) == first


@pytest.mark.parametrize("names", [[], ["plotly-1-a.js"], ["other.js", "other.js.gz"]])
def test_half_a_build_is_none(tmp_path: Path, names: list[str]) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("x")
    assert plotly_build.find_built(tmp_path) is None
