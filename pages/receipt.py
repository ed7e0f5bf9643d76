"""What a summary took: money in dollars with enough digits, tokens, and who was asked."""

from __future__ import annotations

from core.domain.document import ReceiptDocument, SummaryDocument
from core.domain.summary import EngineName
from pages.words import ENGINE_NAMES

_DOLLAR_MICROUSD = 1_000_000
# Of an amount under a dollar so many digits tell one summary's cost from another's.
_DIGITS, _DIGITS_ABOUT = 3, 2


def dollars(microusd: int) -> str:
    """Micro-dollars as people read them: "$0", "$0.0123", "$1.25"."""
    return _dollars(microusd, _DIGITS)


def about_dollars(microusd: int) -> str:
    """An estimate, no more exact than it is: "about $0.013"."""
    return f"about {_dollars(microusd, _DIGITS_ABOUT)}"


def cost_phrase(document: SummaryDocument) -> str:
    """ "$0.0123", "$0.0123, estimated", or "cost nothing" of the offline engine."""
    if document["engine"] == EngineName.OFFLINE and not document["cost_microusd"]:
        return "cost nothing"
    receipt = document.get("receipt")
    estimated = ", estimated" if receipt and receipt["is_estimate"] else ""
    return f"{dollars(document['cost_microusd'])}{estimated}"


def meter(document: SummaryDocument) -> str:
    """While it is written: "$0.0024 of about $0.013", before the first call "about $0.013"; "" if nothing is known."""
    estimate, cost = document.get("estimate_microusd"), document["cost_microusd"]
    if not estimate:
        return dollars(cost) if cost else ""
    return f"{_dollars(cost, _DIGITS_ABOUT)} of {about_dollars(estimate)}" if cost else about_dollars(estimate)


def receipt_of(document: SummaryDocument) -> tuple[tuple[str, str], ...]:
    """(what, how much) of the whole receipt, in order."""
    engine, versions, receipt = document["engine"], document["versions"], document.get("receipt")
    rows = [("Engine", f"{_capitalised(ENGINE_NAMES.get(engine, engine))}, version {versions['engine']}")]
    if document["model"]:
        rows.append(("Model", document["model"]))
    if versions["prompt"]:
        rows.append(("Prompt", f"version {versions['prompt'].removeprefix('prompt-')}"))
    rows.append(("Cost", _capitalised(_cost(document))))
    return (*rows, *(_tokens(receipt) if receipt else ()))


def _cost(document: SummaryDocument) -> str:
    estimate = document.get("estimate_microusd")
    before = f" ({about_dollars(estimate)} was expected)" if estimate else ""
    return f"{cost_phrase(document)}{before}"


def _tokens(receipt: ReceiptDocument) -> tuple[tuple[str, str], ...]:
    cached = f", {receipt['cached_tokens']:,} of them from the cache" if receipt["cached_tokens"] else ""
    calls = "1 call" if receipt["calls"] == 1 else f"{receipt['calls']:,} calls"
    return (
        ("Read", f"{receipt['prompt_tokens']:,} tokens{cached}"),
        ("Written", f"{receipt['completion_tokens']:,} tokens in {calls}"),
    )


def _dollars(microusd: int, digits: int) -> str:
    if not microusd:
        return "$0"
    if microusd >= _DOLLAR_MICROUSD:
        cents = (microusd + 5_000) // 10_000
        return f"${cents // 100:,}.{cents % 100:02}"
    unit = 10 ** max(len(str(microusd)) - digits, 0)
    rounded = (microusd + unit // 2) // unit * unit
    if rounded >= _DOLLAR_MICROUSD:
        return "$1.00"
    decimals = f"{rounded:06}".rstrip("0")
    return f"$0.{decimals.ljust(2, '0')}"


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]
