"""Assets: hashed names that change with their content, cached for ever, compressed once."""

from __future__ import annotations

import gzip
import re

import pytest
from nicegui.testing import User

from pages.assets import asset_url


@pytest.mark.parametrize("name", ["site.css", "site.js", "summary.js", "favicon.svg"])
async def test_an_asset_is_served_compressed_and_may_be_kept_for_ever(visitor: User, name: str) -> None:
    answer = await visitor.http_client.get(asset_url(name), headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert re.fullmatch(r"/assets/[\w-]+\.[0-9a-f]{12}\.\w+", asset_url(name))


async def test_scripts_import_each_other_by_their_served_names(visitor: User) -> None:
    waiting, seen = [asset_url("summary.js")], set[str]()
    while waiting:
        address = waiting.pop()
        answer = await visitor.http_client.get(address)
        assert answer.status_code == 200, address
        seen.add(address)
        imported = re.findall(r'(?:from|import)\s+"\./([^"]+)"', answer.text)
        waiting += [f"/assets/{name}" for name in imported if f"/assets/{name}" not in seen]
    assert asset_url("passages.js") in seen


async def test_a_name_without_the_right_hash_is_not_found(visitor: User) -> None:
    assert (await visitor.http_client.get("/assets/site.000000000000.css")).status_code == 404


async def test_without_compression_the_same_bytes_come(visitor: User) -> None:
    plain = await visitor.http_client.get(asset_url("site.css"), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2
