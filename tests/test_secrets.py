from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.config import ConfigurationError, Settings
from core.secrets import session_key


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "folder")
    key = session_key(settings)
    assert len(key) >= 43
    assert session_key(settings) == key
    (file,) = settings.data_dir.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: session_key(settings), range(40)))
    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret-key"]


def test_a_given_key_wins_and_leaves_no_file(tmp_path: Path) -> None:
    assert session_key(Settings(data_dir=tmp_path, secret_key="x" * 32)) == "x" * 32
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [None, "", "   "])
def test_a_shared_database_wants_a_shared_key(tmp_path: Path, given: str | None) -> None:
    settings = Settings(data_dir=tmp_path, database_url="postgresql://db.test/x", secret_key=given)
    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        session_key(settings)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="too short"):
        session_key(Settings(data_dir=tmp_path, secret_key="letmein"))


def test_a_damaged_file_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(ConfigurationError, match="Delete it"):
        session_key(Settings(data_dir=tmp_path))
