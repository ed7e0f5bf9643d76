"""One line of a summary made ready to be read: its place, its proof, its reasons."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.document import EvidenceDocument, ItemDocument
from pages.reasons import reasons_of, why_unsupported
from pages.words import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """One piece of evidence. `segments` is "first-last"; `range` is None where the transcript has no times."""

    quote: str
    segments: str
    start_s: float | None
    end_s: float | None
    range: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line. `place` is what stands in the gutter: a clock time, or the paragraph where there are no times."""

    id: str
    text: str
    place: str
    is_timed: bool
    is_supported: bool
    reason: str
    reasons: tuple[str, ...]
    proofs: tuple[ProofView, ...]


def line_of(item: ItemDocument) -> LineView:
    """The line with all its proof."""
    start_s = item["start_s"]
    first = item["evidence"][0]["segment_ids"][0] if item["evidence"] else 0
    return LineView(
        id=item["id"],
        text=item["text"],
        place=f"¶ {first + 1:,}" if start_s is None else clock(start_s),
        is_timed=start_s is not None,
        is_supported=item["supported"],
        reason=why_unsupported(item),
        reasons=reasons_of(item),
        proofs=tuple(_proof_view(proof) for proof in item["evidence"]),
    )


def _proof_view(proof: EvidenceDocument) -> ProofView:
    start_s, end_s, ids = proof["start_s"], proof["end_s"], proof["segment_ids"]
    is_timed = start_s is not None and end_s is not None
    return ProofView(
        quote=proof["quote"],
        segments=f"{ids[0]}-{ids[-1]}",
        start_s=start_s,
        end_s=end_s,
        range=f"{clock(start_s or 0)} – {clock(end_s or 0)}" if is_timed else None,
    )
