"""The look: every colour, size and space a page may use, and the one stylesheet made of them and the components."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent

# Order matters to the cascade: what is common first, what a single page needs last.
_SHEETS = (
    "base.css",
    "controls.css",
    "header.css",
    "composer.css",
    "landing.css",
    "progress.css",
    "notice.css",
    "reader.css",
    "parts.css",
    "player.css",
    "transcript.css",
    "library.css",
    "batch.css",
    "message.css",
    "account.css",
)
# Only the operators' pages load these, beside the first one.
_OPS_SHEETS = ("ops.css", "ops_parts.css", "ops_maintenance.css")

_SIZES = {
    "s1": "4px",
    "s2": "8px",
    "s3": "12px",
    "s4": "16px",
    "s6": "24px",
    "s8": "32px",
    "t12": "12px",
    "t13": "13px",
    "t14": "14px",
    "t16": "16px",
    "t20": "20px",
    "t28": "28px",
    "t46": "46px",
    "radius": "8px",
    "gutter": "68px",
    "header": "56px",
    "font": 'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", "Helvetica Neue", Arial, system-ui, sans-serif',
}

# Text colours hold 4.5:1 on paper and on ground in both themes (tests/pages/test_theme.py computes it). c1 to c7 are
# the charts': hues and order of Okabe and Ito, as dark or light as the names at the lines' ends have to be.
_LIGHT = {
    "ground": "#f7f7f5",
    "paper": "#ffffff",
    "raised": "#ffffff",
    "ink": "#1b1a20",
    "ink-2": "#55535d",
    "ink-3": "#6c6a75",
    "line": "#e6e5e1",
    "line-2": "#d4d2cd",
    "accent": "#3730a3",
    "accent-strong": "#2a247f",
    "accent-ink": "#ffffff",
    "accent-weak": "#eceefe",
    "accent-line": "#c3c8fb",
    "ok": "#15703a",
    "warn": "#9a4a06",
    "bad": "#b01a1a",
    "ok-weak": "#e5f4ea",
    "warn-weak": "#fdf0dd",
    "bad-weak": "#fdeaea",
    "person": "#1d4fd8",
    "company": "#15703a",
    "technology": "#b4500a",
    "product": "#b0246f",
    "concept": "#4338ca",
    "framework": "#8a6100",
    "tool": "#0b7070",
    "c1": "#0072b2",
    "c2": "#b84a00",
    "c3": "#00795a",
    "c4": "#a9457f",
    "c5": "#8a6000",
    "c6": "#3f6f8f",
    "c7": "#5f5d68",
    "shadow": "0 1px 2px rgb(20 18 30 / .05), 0 8px 24px rgb(20 18 30 / .08)",
    "scrim": "rgb(247 247 245 / .86)",
}

_DARK = {
    "ground": "#111015",
    "paper": "#18171d",
    "raised": "#201f27",
    "ink": "#efeef3",
    "ink-2": "#b1afbb",
    "ink-3": "#908e9b",
    "line": "#2a2932",
    "line-2": "#3a3843",
    "accent": "#a9b2ff",
    "accent-strong": "#c3c9ff",
    "accent-ink": "#15133a",
    "accent-weak": "#24234a",
    "accent-line": "#45438a",
    "ok": "#58d68d",
    "warn": "#f5b14c",
    "bad": "#ff8080",
    "ok-weak": "#14301f",
    "warn-weak": "#36270f",
    "bad-weak": "#3b1b1e",
    "person": "#8fb0ff",
    "company": "#6fd79a",
    "technology": "#f4a968",
    "product": "#f191c2",
    "concept": "#b4b1ff",
    "framework": "#e3c15c",
    "tool": "#5fd0d0",
    "c1": "#5ab4ea",
    "c2": "#f08a45",
    "c3": "#35c79c",
    "c4": "#e08bbd",
    "c5": "#e3b341",
    "c6": "#9fb9d6",
    "c7": "#b1afbb",
    "shadow": "0 1px 2px rgb(0 0 0 / .4), 0 8px 24px rgb(0 0 0 / .35)",
    "scrim": "rgb(17 16 21 / .86)",
}

THEMES = {"light": _LIGHT, "dark": _DARK}


def stylesheet() -> str:
    """The whole stylesheet: tokens for both themes, then the components' sheets in cascade order.

    The system's preference decides until `data-theme` on the root element says otherwise.
    """
    sheets = [(_FOLDER / "components" / name).read_text("utf-8") for name in _SHEETS]
    return "\n".join([_tokens(), *sheets])


def ops_stylesheet() -> str:
    """What the operators' pages need beyond it; the tokens are the same."""
    return "\n".join((_FOLDER / "components" / name).read_text("utf-8") for name in _OPS_SHEETS)


def _tokens() -> str:
    light, dark = _declarations(_LIGHT, "light"), _declarations(_DARK, "dark")
    return (
        f":root {{ {_declarations(_SIZES)} {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {dark} }} }}\n"
        f":root[data-theme=dark] {{ {dark} }}\n"
    )


def _declarations(tokens: dict[str, str], scheme: str = "") -> str:
    pairs = [f"--{name}: {value};" for name, value in tokens.items()]
    return " ".join([*pairs, f"color-scheme: {scheme};"] if scheme else pairs)
