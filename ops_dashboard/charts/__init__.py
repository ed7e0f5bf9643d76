"""Charts as pure functions: from rows to a figure, the words around it, and the table behind it."""

from __future__ import annotations

from ops_dashboard.charts.chart import Chart, Json
from ops_dashboard.charts.lines import Series, Target, TimeAxis, bar_chart, line_chart
from ops_dashboard.charts.sparkline import sparkline

__all__ = ["Chart", "Json", "Series", "Target", "TimeAxis", "bar_chart", "line_chart", "sparkline"]
