"""What every test can use. Fixtures live in modules named after what they provide."""

from __future__ import annotations

from pathlib import Path

from core.cli.blas import one_thread

# As the engine's own processes: before numpy is imported anywhere.
one_thread()

# Specifications, recordings and data sets that are not part of the project; tests that want them skip without.
SHARED = Path(__file__).parents[1].parent / "shared"

pytest_plugins = [
    "tests.fixtures_database",
    "tests.fixtures_youtube",
    "tests.fixtures_archival",
    "tests.fixtures_models",
]
