"""Tokens: every text colour is readable on every ground it stands on, and nothing else names a colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.domain.summary import TagKind
from pages.theme import THEMES, ops_stylesheet, stylesheet

_COMPONENTS = Path(__file__).parents[2] / "pages" / "components"
_TEXT = ("ink", "ink-2", "ink-3", "accent", "ok", "warn", "bad")
_GROUNDS = ("ground", "paper")
_PAIRS = [
    *((text, ground) for text in _TEXT for ground in _GROUNDS),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("ink", "accent-weak"),
    ("ink-2", "accent-weak"),
    ("ink", "accent-line"),
    ("accent", "accent-weak"),
    ("bad", "bad-weak"),
    ("ok", "ok-weak"),
    ("ink", "warn-weak"),
    ("ground", "warn"),
    *((f"c{number}", ground) for number in range(1, 8) for ground in _GROUNDS),
    *((state, f"{state}-weak") for state in ("ok", "warn")),
    ("ink-2", "warn-weak"),
    ("ink-2", "bad-weak"),
    ("ink-2", "ok-weak"),
    # The kinds of tags, by their names in the registry.
    *((kind.value.lower(), ground) for kind in TagKind for ground in _GROUNDS),
]


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), _PAIRS)
def test_text_has_at_least_four_and_a_half_to_one(theme: str, text: str, ground: str) -> None:
    light, dark = sorted((_luminance(THEMES[theme][text]), _luminance(THEMES[theme][ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_both_themes_name_the_same_tokens() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_every_token_that_a_sheet_uses_exists() -> None:
    sheet = stylesheet() + ops_stylesheet()
    defined = set(re.findall(r"(--[\w-]+):", sheet))
    assert set(re.findall(r"var\((--[\w-]+)", sheet)) <= defined


def test_only_pictures_and_veils_name_colours_of_their_own() -> None:
    """A video's frame is dark in both themes; everything else takes its colours from the tokens."""
    allowed = re.compile(r"\.picture|\.player|\.card\b|backdrop|@media print|\.disc|\.facade|\.mini")
    named = [
        f"{path.name}: {line.strip()[:80]}"
        for path in sorted(_COMPONENTS.glob("*.css"))
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(", line) and not allowed.search(line)
    ]
    assert named == []
