"""How long operators' pages take in a real browser until everything on them is there, on a seeded history.

    uv run python -m tests.benchmarks.dashboard_pages --data FOLDER [--tries 5]

The folder is one that `sightline seed` filled. An operator is added to it for the length of the run, signs in by the
form, and opens each page cold (a new browser profile: nothing in its cache) and warm (again in the same one). Ready is
when the socket stands, something is shown and no part of the page waits any more. The home page, which shows nothing
of the history and is ready when it is loaded, is opened in the same run: what a page costs on this machine at all.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from playwright.async_api import Browser, BrowserContext, async_playwright

from core.db.embedded import EmbeddedServer
from core.integrations.argon2 import Argon2
from tests.browser.application import run_application
from tests.browser.chromium import ARGUMENTS, find_chromium

PATHS = (
    "/",
    "/ops",
    "/ops?range=30d",
    "/ops/performance",
    "/ops/performance?range=30d",
    "/ops/usage",
    "/ops/usage?range=30d",
)
GOAL_MS = 2_000
LONGEST_MS = 30_000
_NOTE_READY = """
(() => {
  const look = () => {
    if (window.ready_ms || !window.did_handshake || !document.querySelector(".part .panel:not(.bones)")) return;
    if (!document.querySelector("[aria-busy=true]")) window.ready_ms = performance.now();
  };
  if (!location.pathname.startsWith("/ops")) {
    addEventListener("load", () => { window.ready_ms = performance.now(); });
    return;
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  setInterval(look, 20);
})();
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="a data folder that `sightline seed` filled")
    parser.add_argument("--tries", type=int, default=5)
    arguments = parser.parse_args()
    server = EmbeddedServer(arguments.data)
    server.start()
    try:
        with _operator(server.url) as (email, password), _application(arguments.data) as origin:
            asyncio.run(_measure(origin, email, password, arguments.tries))
    finally:
        server.stop()


@contextmanager
def _operator(url: str) -> Iterator[tuple[str, str]]:
    """(address, password) of an operator who is gone at the end."""
    user_id, password = uuid4(), secrets.token_urlsafe(12)
    email = f"benchmark-{user_id.hex[:8]}@example.org"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO users (id, email, email_key, password_hash, role) VALUES (%s, %s, %s, %s, 'operator')",
            (user_id, email, email, Argon2().hash(password)),
        )
        yield email, password
        connection.execute("DELETE FROM users WHERE id = %s", (user_id,))


@contextmanager
def _application(folder: Path) -> Iterator[str]:
    with run_application(folder, {"SIGHTLINE_WORKER": "off"}) as origin:
        yield origin


async def _measure(origin: str, email: str, password: str, tries: int) -> None:
    print("| page | cold, ms: median | max | kB | warm, ms: median | max | kB |\n|---|---|---|---|---|---|---|")
    async with _browser() as browser:
        cookies = await _sign_in(browser, origin, email, password)
        for path in PATHS:
            cold, warm = [], []
            for _ in range(tries):
                context = await browser.new_context(
                    base_url=origin, bypass_csp=True, viewport={"width": 1440, "height": 1000}
                )
                await context.add_cookies(cookies)
                await context.add_init_script(_NOTE_READY)
                cold.append(await _open(context, path))
                warm.append(await _open(context, path))
                await context.close()
            print(f"| {path} | {_row(cold)} | {_row(warm)} |", flush=True)
    print(f"Goal: under {GOAL_MS} ms.")


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=[*ARGUMENTS])
        yield browser
        await browser.close()


async def _sign_in(browser: Browser, origin: str, email: str, password: str) -> list:  # type: ignore[type-arg]
    """The cookies of the signed-in browser."""
    context = await browser.new_context(base_url=origin)
    page = await context.new_page()
    await page.goto("/sign-in?next=/ops")
    await page.fill("input[name=email]", email)
    await page.fill("input[name=password]", password)
    await page.click("form button[type=submit]")
    await page.wait_for_url("**/ops")
    cookies = await context.cookies()
    await context.close()
    return cookies


async def _open(context: BrowserContext, path: str) -> tuple[float, float]:
    """(ms until ready, kB that came over the network and the socket)."""
    page = await context.new_page()
    network = await context.new_cdp_session(page)
    received: list[float] = []
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    network.on(
        "Network.webSocketFrameReceived", lambda event: received.append(len(event["response"]["payloadData"].encode()))
    )
    await network.send("Network.enable")
    await page.goto(path, wait_until="commit")
    await page.wait_for_function("window.ready_ms", timeout=LONGEST_MS)
    ready_ms: float = await page.evaluate("window.ready_ms")
    await page.close()
    return ready_ms, sum(received) / 1_000


def _row(taken: list[tuple[float, float]]) -> str:
    times = [ms for ms, _ in taken]
    size = statistics.median(size for _, size in taken)
    return f"{statistics.median(times):.0f} | {max(times):.0f} | {size:.0f}"


if __name__ == "__main__":
    main()
