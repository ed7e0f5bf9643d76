"""What a part of a panel is made of: rows of drawn markup and charts, as plain values that can be compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ops_dashboard.charts import Chart
from ops_dashboard.templating import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """HTML from our own templates. `classes` dress the element around it."""

    key: str
    html: str
    classes: str = ""


Block = Drawn | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Blocks side by side; `classes` say in how many columns."""

    blocks: tuple[Block, ...]
    classes: str = "cols"

    @property
    def shape(self) -> tuple[str, ...]:
        """Rows of equal shape are updated in place."""
        return (self.classes, *(f"{type(block).__name__}:{block.key}" for block in self.blocks))


Rows = tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a panel with a life of its own: it loads, may be empty, may fail and be tried again.

    `bones`: what stands there until then, in the shape of what comes. `load` gives the rows, drawn; it raises AppError.
    `what` names it in a sentence: "The overview could not be read".
    """

    key: str
    what: str
    bones: Rows
    load: Callable[[], Awaitable[Rows]]
    classes: str = "wide"


def bones(kind: str, count: int = 1, classes: str = "cols") -> Row:
    """A row of skeletons: `kind` is tile, spark, chart, list, facts or line."""
    blocks = tuple(Drawn(key=f"bone-{kind}-{n}", html=render("bones.html.jinja", kind=kind)) for n in range(count))
    return Row(classes=classes, blocks=blocks)


def drawn(key: str, template: str, *, classes: str = "", **values: object) -> Drawn:
    """A block from a template."""
    return Drawn(key=key, html=render(template, **values), classes=classes)
