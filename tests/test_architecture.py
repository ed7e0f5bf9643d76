"""The rules of the house that no linter knows. Import contracts, sizes and types are held by `sightline check`."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = {
    "app.py", "pages", "core", "ops_dashboard", "tests", "pyproject.toml", "Procfile", "README.md",
    ".ci", ".gitignore", "LICENSE",
}  # fmt: skip
SHAPELESS_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
# Written so that these patterns do not find themselves.
REGISTRY_HOSTS = re.compile(r"p[y]pi\.o" + r"rg|files\.pythonho[s]ted|registry\.n[p]mjs|deb\.de[b]ian\.")
MACHINE_PATHS = re.compile(r"(?<![A-Za-z0-9_.])/(?:wor[k]|far[m]|roo[t])/")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|lorem ips[u]m)\b")


@pytest.fixture(scope="module")
def tracked_files() -> list[Path]:
    git = shutil.which("git")
    if git is None:
        pytest.skip("the command git is missing: the list of tracked files cannot be read")
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout: the list of tracked files is missing")
    listing = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listing.splitlines() if (ROOT / name).is_file()]


def test_the_top_level_holds_only_what_the_layout_names(tracked_files: list[Path]) -> None:
    found = {path.relative_to(ROOT).parts[0] for path in tracked_files}
    assert found <= TOP_LEVEL, found - TOP_LEVEL


def test_no_module_has_a_shapeless_name(tracked_files: list[Path]) -> None:
    bad = [path for path in tracked_files if path.suffix == ".py" and path.stem in SHAPELESS_NAMES]
    assert bad == []


@pytest.mark.parametrize("pattern", [REGISTRY_HOSTS, MACHINE_PATHS, UNFINISHED], ids=["hosts", "paths", "unfinished"])
def test_no_text_file_names_a_registry_a_machine_path_or_unfinished_work(
    tracked_files: list[Path], pattern: re.Pattern[str]
) -> None:
    sources = [p for p in tracked_files if p.suffix in {".py", ".js", ".css", ".jinja", ".toml", ".md", ".html"}]
    found = [f"{p.relative_to(ROOT)}: {m.group()}" for p in sources for m in pattern.finditer(p.read_text("utf-8"))]
    assert found == []


def test_the_environment_is_read_by_the_settings_alone(tracked_files: list[Path]) -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in tracked_files
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in {"core", "pages", "ops_dashboard"}
        and re.search(r"os\.getenv|os\.environ\.get|os\.environ\[[^]]+\](?! =)", path.read_text("utf-8"))
    ]
    assert readers == []


def test_nothing_commits_by_hand(tracked_files: list[Path]) -> None:
    committers = [
        str(path.relative_to(ROOT))
        for path in tracked_files
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in {"core", "pages", "ops_dashboard"}
        and re.search(r"\.commit\(\)", path.read_text("utf-8"))
    ]
    assert committers == []


# What a module needs to talk to another machine; libraries that do it for us are among them.
NETWORK = {
    "requests", "httpx", "http", "urllib3", "smtplib", "socket", "ssl", "websockets", "sentry_sdk", "openai", "stripe",
    "youtube_transcript_api", "yt_dlp", "apprise",
}  # fmt: skip
# Whoever talks goes through one of these: the wrapper itself, or a route whose sessions count each request with it.
WAYS = {
    "core.integrations.calls": {"outbound", "OnCall"},
    "core.integrations.youtube_route": {"Route", "RoutedCaptions"},
}
# They name the exceptions or types of such a library, and call nobody.
SILENT = {"youtube_errors.py", "openai_stream.py"}


def test_every_adapter_that_talks_to_the_outside_goes_through_the_one_wrapper() -> None:
    folder = ROOT / "core" / "integrations"
    talking = {path.name: path for path in folder.glob("*.py") if _talks(path)}
    assert {"youtube_session.py", "openai.py", "sentry.py"} <= talking.keys()
    unrecorded = {
        name
        for name, path in talking.items()
        if name not in SILENT and not any(names & _names_from(path, module) for module, names in WAYS.items())
    }
    assert unrecorded == set()
    assert {name for name in SILENT if _calls(talking[name]) & {"get", "post", "request", "send"}} == set()


def _talks(path: Path) -> bool:
    tree = ast.parse(path.read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return bool({name.partition(".")[0] for name in imported} & NETWORK) or "open_connection" in _calls(path)


def _names_from(path: Path, module: str) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module]
    return {alias.name for node in found for alias in node.names}


def _calls(path: Path) -> set[str]:
    """Names of the methods that are called."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}
