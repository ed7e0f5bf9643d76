"""The icons, drawn inline: no icon font, no request."""

from __future__ import annotations

from markupsafe import Markup

_STROKED = {
    "brand": ("24", '<path d="M2.5 12h6M15.5 12h6"/><circle cx="12" cy="12" r="3.4"/>'),
    "check": ("16", '<path d="m3.5 8.5 3 3 6-7"/>'),
    "chevron-down": ("16", '<path d="m4 6 4 4 4-4"/>'),
    "chevron-up": ("16", '<path d="m4 10 4-4 4 4"/>'),
    "circle": ("16", '<circle cx="8" cy="8" r="5.5"/>'),
    "close": ("16", '<path d="m4 4 8 8M12 4l-8 8"/>'),
    "clock": ("16", '<circle cx="8" cy="8" r="5.5"/><path d="M8 4.8V8l2.2 1.6"/>'),
    "find": ("16", '<circle cx="7" cy="7" r="4.4"/><path d="m10.4 10.4 3.2 3.2"/>'),
    "library": ("16", '<path d="M3 3v10M6.5 3v10M9.6 3.4l3.3 9.3"/>'),
    "lines": ("16", '<path d="M2.5 4h11M2.5 8h11M2.5 12h7"/>'),
    "link": (
        "16",
        (
            '<path d="M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 1 0-3.7-3.7l-.8.8M9.3 6.7a2.6 2.6 0 0 0-3.7 0'
            'L3.4 8.9a2.6 2.6 0 1 0 3.7 3.7l.8-.8"/>'
        ),
    ),
    "operations": ("16", '<path d="M2.5 13.5h11M4.5 11V7.5M8 11V3M11.5 11V5.5"/>'),
    "person": ("16", '<circle cx="8" cy="5.5" r="2.7"/><path d="M2.8 13.6c.5-2.6 2.5-4 5.2-4s4.7 1.4 5.2 4"/>'),
    "spinner": ("16", '<path d="M8 2a6 6 0 1 1-6 6"/>'),
    "theme": ("16", '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11Z" fill="currentColor"/>'),
    "turn": ("16", '<path d="M3 8a5 5 0 0 1 8.6-3.5L13 6M13 3v3h-3M13 8a5 5 0 0 1-8.6 3.5L3 10M3 13v-3h3"/>'),
    "trash": ("16", '<path d="M3 4.5h10M6.5 4.5V3h3v1.5M4.3 4.5l.6 8.5h6.2l.6-8.5"/>'),
    "cross": ("16", '<path d="m4.5 4.5 7 7M11.5 4.5l-7 7"/>'),
}
_FILLED = {
    "play": ("16", '<path d="M4 2.8v10.4l8.6-5.2z"/>'),
    "play-large": ("24", '<path d="M5 3.6v16.8L20 12z"/>'),
    "pause": ("16", '<path d="M4 3h3v10H4zM9 3h3v10H9z"/>'),
}


def icon(name: str) -> Markup:
    """Inline SVG, hidden from screen readers: the control it stands in carries the name."""
    if name in _FILLED:
        size, paths = _FILLED[name]
        look = 'fill="currentColor"'
    else:
        size, paths = _STROKED[name]
        look = 'fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"'
    # The paths are constants of this file.
    return Markup(f'<svg class="icon" viewBox="0 0 {size} {size}" {look} aria-hidden="true">{paths}</svg>')  # noqa: S704
