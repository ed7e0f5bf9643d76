"""Archival by button: looked at, confirmed, carried out in slices, checked, and put back if need be."""

from core.services.archival.archival import Archival

__all__ = ["Archival"]
