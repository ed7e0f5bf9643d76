"""Skips for what is installed only where it is asked for."""

from __future__ import annotations

import pytest

from core.integrations.yt_dlp import is_installed

# Not by importing it: that would change how requests works, before the adapter can hinder it.
needs_yt_dlp = pytest.mark.skipif(not is_installed(), reason="the extra yt (yt-dlp) is missing")
