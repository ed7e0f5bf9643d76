"""A chart as the page gets it: figure, heading, table. Colours stand in it as tokens, which the browser looks up."""

from __future__ import annotations

from dataclasses import dataclass, field

Json = dict[str, object]

# The same series has the same colour on every chart (Okabe and Ito's order; the values stand in pages/theme.py).
COLOURS: dict[str, str] = {
    "requests": "c1",
    "errors": "c2",
    "P95": "c1",
    "P50": "c3",
    "P99": "c4",
    "left": "c1",
    "summaries": "c1",
    "succeeded": "c3",
    "covered": "c3",
    "unsupported": "c2",
    "people": "c1",
    "signed up": "c3",
    "browsers": "c6",
}


def token(name: str) -> str:
    """A colour of the theme. plotly's own checks take it for a colour too; chart.js puts the value in its place."""
    return f"var(--{name})"


def colour_of(series: str) -> str:
    """The colour that a series of this name has everywhere."""
    return token(COLOURS.get(series, "c7"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`columns` and `rows` are the table behind the figure, as people read it; `starts` the bins' beginnings (ISO 8601,
    UTC), from which, with the figure's exact values, the browser makes the CSV.

    `reason`: why there is nothing to be drawn; the figure is then empty.
    """

    key: str
    title: str
    note: str
    figure: Json = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    starts: tuple[str, ...] = ()
    reason: str = ""

    @property
    def traces(self) -> list[Json]:
        data = self.figure.get("data", [])
        return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []
