"""Where the embedded server lives, and as whom it runs. As root it must not run, so it gets an account of its own."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.db.embedded.errors import EmbeddedServerError
from core.logging import EventLog

ACCOUNT_NAME = "sightline-db"
_STATE_FOLDER = Path("/var/lib")

log = EventLog(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of the operating system."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`account` is None where the server runs as whoever we are."""

    folder: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def start_lock(self) -> Path:
        """Held by the one process that starts or stops the server."""
        return self.folder / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by every process that uses the server."""
        return self.folder / "users.lock"

    @property
    def owner_uid(self) -> int:
        return self.account.uid if self.account else os.geteuid()

    def run(self, *command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a program as the server's account, with nothing of our environment and `text` as its input."""
        account = self.account
        try:
            return subprocess.run(
                [str(part) for part in command],
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                umask=0o077,
                input=text,
                capture_output=True,
                text=True,
                errors="replace",
                start_new_session=True,
                check=False,
            )
        except PermissionError as error:
            return subprocess.CompletedProcess(command, returncode=126, stdout="", stderr=str(error))

    def write(self, path: Path, text: str) -> None:
        """Whole or not at all. Written by the account itself: root must not follow what stands in its folders."""
        done = self.run("/bin/sh", "-c", 'cat >"$1.draft" && mv "$1.draft" "$1"', "sh", path, text=text)
        if done.returncode != 0:
            raise EmbeddedServerError(f"{path} could not be written: {done.stderr.strip()}")

    def make_folder(self, folder: Path) -> Path:
        """A folder that the server's account alone can open."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)


def find_place(data_dir: Path) -> Place:
    """The place that belongs to this data folder; made where it is missing.

    Raises EmbeddedServerError where the folder belongs to somebody else.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    if os.geteuid() == 0:
        return _place_for_root(data_dir)
    place = Place(folder=data_dir / "postgres", account=None)
    place.folder.mkdir(mode=0o700, exist_ok=True)
    _refuse_strangers(place)
    return place


def _refuse_strangers(place: Place) -> None:
    for path in (place.folder, place.data):
        if path.exists() and path.stat().st_uid != os.geteuid():
            raise EmbeddedServerError(
                f"The database in {path} belongs to another user, probably because Sightline was once started as "
                "root here. Start it as that user again, or set SIGHTLINE_DATA_DIR to a folder of your own."
            )


def _place_for_root(data_dir: Path) -> Place:
    """Beside the data where the server's account can reach it, else in a folder of its own: no folder is widened."""
    beside = Place(folder=data_dir / "postgres", account=_owner(data_dir / "postgres" / "data"))
    digest = hashlib.sha256(bytes(data_dir)).hexdigest()[:12]
    apart = Place(folder=_STATE_FOLDER / f"sightline-{digest}", account=beside.account)
    if not beside.data.exists() and (apart.data.exists() or not can_enter(beside, data_dir)):
        log.info("database.placed_apart", folder=str(apart.folder), because=f"{ACCOUNT_NAME} cannot enter {data_dir}")
        beside = apart
    # Only search permission for others: the account has to pass through, nobody has to look.
    beside.folder.mkdir(mode=0o711, exist_ok=True)
    if beside.folder.stat().st_uid == 0:
        beside.folder.chmod(0o711)
    return beside


def can_enter(place: Place, folder: Path) -> bool:
    """True where the server's account can pass through this folder: asked of the kernel, not worked out from modes."""
    return place.run("/bin/sh", "-c", 'test -x "$1"', "sh", folder).returncode == 0


def _owner(data: Path) -> Account:
    """Whoever owns the cluster already, else our own system account."""
    if data.exists() and (uid := data.stat().st_uid) != 0:
        entry = pwd.getpwuid(uid)
        return Account(name=entry.pw_name, uid=uid, gid=entry.pw_gid)
    return _system_account()


def _system_account() -> Account:
    """An account for nothing but this server. `nobody` will not do: other services run as it and could read along."""
    entry = _find_account()
    if entry is None:
        _create_account()
        entry = _find_account()
    if entry is None or entry.pw_uid == 0:
        raise EmbeddedServerError(
            f"PostgreSQL does not run as root, and a system user {ACCOUNT_NAME} could not be made for it. Start "
            "Sightline as an ordinary user, or set DATABASE_URL to a database of yours."
        )
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _find_account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        return None


def _create_account() -> None:
    """Two processes may try at once: what counts is that it is there afterwards."""
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
         "--shell", "/usr/sbin/nologin", ACCOUNT_NAME],
        ["adduser", "--system", "--group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME],
        ["adduser", "-S", "-D", "-H", ACCOUNT_NAME],
    ):  # fmt: skip
        program = shutil.which(command[0], path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program and _find_account() is None:
            subprocess.run([program, *command[1:]], capture_output=True, check=False)
            log.info("database.account_made", account=ACCOUNT_NAME)
