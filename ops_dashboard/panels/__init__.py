"""The operators' panels. A panel is one file with one `Panel`, and one entry in PANELS."""

from __future__ import annotations

from ops_dashboard.panels.archival import PANEL as ARCHIVAL
from ops_dashboard.panels.audit import PANEL as AUDIT
from ops_dashboard.panels.definition import Group, Panel
from ops_dashboard.panels.overview import PANEL as OVERVIEW
from ops_dashboard.panels.performance import PANEL as PERFORMANCE
from ops_dashboard.panels.reference import PANEL as REFERENCE
from ops_dashboard.panels.usage import PANEL as USAGE

PANELS: tuple[Panel, ...] = (OVERVIEW, PERFORMANCE, USAGE, REFERENCE, ARCHIVAL, AUDIT)

__all__ = ["PANELS", "Group", "Panel"]
