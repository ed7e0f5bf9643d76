"""The newest batches as a small strip, for over the library's cards."""

from __future__ import annotations

from core.domain.batch import Batch
from core.domain.owner import Owner
from core.errors import AppError
from core.services.batches import Batches
from pages.batch_words import batch_name, progress_words
from pages.components.elements import box, text

_MOST_SHOWN = 4


async def show_batches(batches: Batches, owner: Owner | None) -> None:
    """Nothing at all for whoever has none; a strip that cannot be read is left away, since the library says so."""
    place = box("div", "batch-strip")
    if owner is None:
        return
    try:
        page = await batches.list_page(owner, limit=_MOST_SHOWN)
    except AppError:
        return
    if page.items and not place.is_deleted:
        with place:
            _show(page.items, page.total)


def _show(shown: tuple[Batch, ...], total: int) -> None:
    with box("section", aria_label="Batches"):
        more = f" · the newest {len(shown)} of {total:,}" if total > len(shown) else ""
        text("h2", f"Batches{more}", "label")
        with box("ul"):
            for batch in shown:
                _show_one(batch)


def _show_one(batch: Batch) -> None:
    with box("li", "panel"):
        text("a", batch_name(batch), href=f"/batch/{batch.id}", dir="auto")
        text("span", progress_words(batch), "fine muted figures")
        with box("div", "bar", aria_hidden="true"):
            box("i").style(f"transform: scaleX({batch.counts.ended_ratio:.4f})")
