"""The command line on a file stays light: what it loads is held here, since one import too many costs seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    "nicegui", "sqlalchemy", "psycopg", "psycopg_pool", "fastapi", "starlette", "procrastinate", "alembic", "uvicorn",
    "jinja2", "requests", "pydantic", "sumy", "nltk",
)  # fmt: skip
SRT = "1\n00:00:01,000 --> 00:00:04,000\nGradient descent follows the slope of the loss.\n"
PROBE = """
import json, sys
from core.cli import main
code = main(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}), file=sys.stderr)
"""


def run_probe(*arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    return json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("form", ["md", "json"])
def test_summarising_a_file_loads_no_web_framework_and_no_database(tmp_path: Path, form: str) -> None:
    file = tmp_path / "talk.srt"
    file.write_text(SRT)
    seen = run_probe("summarize", str(file), "--format", form)
    assert seen["code"] == 0
    assert set(HEAVY).isdisjoint(seen["modules"]), set(HEAVY) & set(seen["modules"])
    assert "numpy" in seen["modules"]


def test_a_refused_file_does_not_even_load_numpy(tmp_path: Path) -> None:
    file = tmp_path / "empty.srt"
    file.touch()
    seen = run_probe("summarize", str(file))
    assert seen["code"] == 2
    assert {"numpy", *HEAVY}.isdisjoint(seen["modules"])
