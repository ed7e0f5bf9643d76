"""The element that draws a chart in the browser, once it comes into view."""

from __future__ import annotations

from nicegui.element import Element

from ops_dashboard.charts import Chart


class ChartCard(Element, component="chart.js"):
    """Heading, figure, table and downloads of one chart; `show` puts another in its place without a flicker."""

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self._shown: Chart | None = None
        self.show(chart)

    @property
    def shown(self) -> Chart | None:
        return self._shown

    def show(self, chart: Chart) -> None:
        if chart == self._shown:
            return
        self._shown = chart
        with self._props.suspend_updates():
            self._props["chart"] = {
                "key": chart.key,
                "title": chart.title,
                "note": chart.note,
                "figure": chart.figure,
                "columns": chart.columns,
                "rows": chart.rows,
                "starts": chart.starts,
                "reason": chart.reason,
            }
        self.update()
