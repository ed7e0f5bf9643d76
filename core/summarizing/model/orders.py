"""Speech that is addressed to a machine: it stays in the transcript, and nothing of a summary may rest on it.

A model that obeyed such an order could show its true quotation. So what the order says counts as not said: a line is
shown only if the rest of the speech bears it out. A talk on this very subject loses the sentences that give examples.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate

from core.domain.transcript import Transcript
from core.summarizing.model.offered import plain_line

# So many segments after an order are taken for the rest of it: captions cut sentences anywhere.
_SEGMENTS_AFTER = 2
_MASK = "…"


def without_orders(transcript: Transcript) -> Transcript:
    """The transcript with "…" in place of each segment that is part of an order; the same object where none is."""
    found = order_segments(transcript)
    if not found:
        return transcript
    segments = tuple(
        replace(segment, text=_MASK, speaker=None) if number in found else segment
        for number, segment in enumerate(transcript.segments)
    )
    return replace(transcript, segments=segments)


def order_segments(transcript: Transcript) -> frozenset[int]:
    """Numbers of the segments in which somebody tells a machine what to do, and of the two after each."""
    texts = [_folded(f"{segment.speaker or ''} {segment.text}") for segment in transcript.segments]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    found: set[int] = set()
    for match in _ORDER.finditer(" ".join(texts)):
        first, last = (bisect_right(starts, at) - 1 for at in (match.start(), match.end() - 1))
        found.update(range(first, min(last + _SEGMENTS_AFTER, len(texts) - 1) + 1))
    return frozenset(found)


def _folded(text: str) -> str:
    """Lower case, full-width letters narrow, hidden characters gone."""
    narrow = "".join(chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else char for char in text)
    return plain_line(narrow).lower()


# Within so many characters of each other: one sentence.
_NEAR = r".{0,60}?"
# (what is done, to what) in both orders; each pair alone is nothing, both near each other are an order to a machine.
_OVERRIDES = (
    (r"\b(?:ignor\w*|disregard\w*|forget|override|lift\w*|drop|bypass)\b",
     r"\b(?:instructions?|rules?|prompts?|guidelines|directives|task)\b"),
    (r"\b(?:vergiss|ignorier\w*|missachte\w*)\b", r"\b(?:anweisung\w*|regeln|vorgaben)\b"),
    (r"\b(?:oublie\w*|ignore\w*)\b", r"\b(?:consignes?|instructions?|règles)\b"),
    (r"\b(?:olvida\w*|ignora\w*)\b", r"\b(?:instrucci\w+|reglas)\b"),
    (r"\b(?:dimentica\w*|ignora\w*)\b", r"\b(?:istruzion\w+|regole)\b"),
    (r"\b(?:esque[çc]a\w*|ignore\w*)\b", r"\b(?:instruç\w+|regras)\b"),
    (r"\b(?:vergeet|negeer\w*)\b", r"\b(?:instructies?|regels)\b"),
    (r"\b(?:zapomnij\w*|zignoruj\w*)\b", r"\b(?:instrukcj\w+|zasad\w*)\b"),
    (r"\b(?:unut\w*|yok say)\b", r"\b(?:talimat\w*|kural\w*)\b"),
    (r"(?:забудь\w*|игнорир\w*)", r"(?:инструкц\w*|правил\w*)"),
    (r"(?:忽略|无视|無視|忘记|忘れ)", r"(?:指示|指令|规则|規則|命令)"),
    (r"(?:무시|잊어)", r"(?:지시|명령|규칙)"),
    (r"(?:تجاهل\w*|انس)", r"(?:التعليمات|القواعد)"),
    (r"(?:अनदेखा|भूल)", r"(?:निर्देश\w*|नियम\w*)"),
)  # fmt: skip
_ADDRESS = (
    r"\b(?:assistant|summari[sz]er|dear ai|your (?:summary|answer|task|system prompt|prompt)"
    r"|the (?:json|categories)|as (?:a|the) (?:tool|resource|summary|first point|only point|website)"
    r"|(?:into|in) (?:the (?:title|resources?|summary|json)|every (?:chapter|point)|your answer))\b"
)
_COMMAND = (
    r"\b(?:write|output|print|append|repeat|respond|reply|include|insert|cite|begin with|must (?:be|say|begin)"
    r"|says?|call the function|set the)\b"
)
_TEMPLATES = (
    r"<\|[a-z_]+|\[/?inst\]|<\s*<\s*<|(?<!the )(?<!our )(?<!this )\b(?:system|developer)(?: message| prompt)?\s*:"
    r"|\bnew task\b|\byou are now\b"
    r"|\bend of (?:the )?(?:transcript|prompt)\b|</?transcript>"
    r"|\{\s*\"(?:chapters|text|tool|tldr|points|moments|role)\"|\boutput (?:this|the text|only)\b"
    r"|\bwrite (?:this|only|a link|the (?:kind|tool|result))\b"
    r"|\bdecode (?:this|the hexadecimal|the base64)\b|\bwrite\s*:"
)


def _both(left: str, right: str) -> str:
    return rf"{left}{_NEAR}{right}|{right}{_NEAR}{left}"


_ORDER = re.compile("|".join([_TEMPLATES, _both(_COMMAND, _ADDRESS), *(_both(*pair) for pair in _OVERRIDES)]))
