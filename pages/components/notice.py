"""A notice over what is being read or waited for: what is going on, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pages.components.act_button import Act, ActButton
from pages.components.elements import box, markup, text
from pages.icons import icon


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button of a notice."""

    words: str
    act: Act
    is_primary: bool = False


def show_notice(
    tone: str, mark: str, title: str, words: str, *, choices: Sequence[Choice] = (), until: datetime | None = None
) -> None:
    """`tone` is warn, now or ok, `mark` an icon; `until` is said after the words, in the viewer's own time."""
    with box("section", f"notice {tone}", role="status"):
        with box("div"):
            with box("b"):
                markup(icon(mark), "icon-place turning" if mark == "spinner" else "icon-place", tag="span")
                text("span", title)
            with box("p"):
                text("span", words)
                _show_until(until)
        _show_choices(choices)


def _show_choices(choices: Sequence[Choice]) -> None:
    if not choices:
        return
    with box("div", "cluster"):
        for choice in choices:
            ActButton(choice.words, choice.act, "btn compact primary" if choice.is_primary else "btn compact")


def _show_until(until: datetime | None) -> None:
    if until is None:
        return
    text("span", " It is tried again at ")
    text("sl-moment", f"{until:%H:%M} UTC", "figures", datetime=until.isoformat())
    text("span", " at the latest; you need not stay on this page.")
