"""The reports' folder: a folder a night, there whole or not at all, an index over them, and what was reported last.

Only the holder of the nightly lock writes here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analyser.errors import OutputError
from analyser.reports.files import umask, written

PAGE, SHEET, DIGEST_PAGE, DIGEST_TEXT = "report.html", "calls.csv", "digest.html", "digest.txt"
_FILES = (PAGE, SHEET, DIGEST_PAGE, DIGEST_TEXT)
_NIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.(\d+))?")
_MAKING = ".making-"
_STATE = ".reported.json"
_TEMPLATES = Path(__file__).resolve().parent / "templates"

Writer = Callable[[TextIO], None]


def free_name(folder: Path, day: date) -> str:
    """The name of the next folder of a day: the date, then ``date.2`` and so on."""
    taken = {night.name for night in _nights(folder)} if folder.is_dir() else set()
    number, name = 1, day.isoformat()
    while name in taken:
        number += 1
        name = f"{day.isoformat()}.{number}"
    return name


def publish(folder: Path, name: str, writers: Mapping[str, Writer]) -> Path:
    """Write a night's files, in the order given, and show them all at once.

    Returns
    -------
    The new folder.

    Raises
    ------
    OutputError
        Where it cannot be written; nothing of it is then there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_MAKING}*"):  # of a run that was killed while it wrote
            shutil.rmtree(left, ignore_errors=True)
        making = Path(tempfile.mkdtemp(prefix=_MAKING, dir=folder))
    except OSError as error:
        raise _failed(folder, error) from None
    try:
        for file, write in writers.items():
            with written(making / file) as out:
                write(out)
        making.chmod(0o777 & ~umask())  # mkdtemp's own is for its maker alone
        os.rename(making, folder / name)
    except OSError as error:
        raise _failed(folder / name, error) from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _lead_to(folder, name)
    return folder / name


def _failed(path: Path, error: OSError) -> OutputError:
    hint = "make room or set [reports] folder elsewhere; the results are in the store"
    return OutputError(f"the reports cannot be written: {error.strerror}", where=path, hint=hint)


def _lead_to(folder: Path, name: str) -> None:
    """Renew the index, and the link ``latest`` where the file system has links."""
    with written(folder / "index.html") as out:
        out.write(_index(folder))
    link = folder / f"{_MAKING}latest"
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(name, target_is_directory=True)
        os.replace(link, folder / "latest")
    except OSError:
        link.unlink(missing_ok=True)  # the index leads to it as well


def _index(folder: Path) -> str:
    nights = [
        (n.name, [f for f in _FILES if (n / f).is_file()]) for n in sorted(_nights(folder), key=_age, reverse=True)
    ]
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("index.html").render(nights=nights)


def _nights(folder: Path) -> Iterator[Path]:
    return (entry for entry in folder.iterdir() if _NIGHT.fullmatch(entry.name) and not entry.is_symlink())


def _age(night: Path) -> tuple[str, int]:
    found = _NIGHT.fullmatch(night.name)
    return (found[1], int(found[2] or 1)) if found else ("", 0)


def prune(folder: Path, *, keep_days: int, today: date) -> int:
    """Take away the files of nights older than that (never the last), and their folders where nothing else is in them.

    Returns
    -------
    How many nights went. What somebody else put there stays.
    """
    first = (today - timedelta(days=keep_days)).isoformat()
    gone = 0
    try:
        for night in sorted(_nights(folder), key=_age)[:-1]:  # the newest stays, whatever its age
            if _age(night)[0] >= first:
                break
            for file in _FILES:
                (night / file).unlink(missing_ok=True)
            if not any(night.iterdir()):
                night.rmdir()
                gone += 1
        if gone:
            with written(folder / "index.html") as out:
                out.write(_index(folder))
    except OSError as error:
        raise OutputError(f"old reports cannot be taken away: {error.strerror}", where=folder) from None
    return gone


def last_reported(folder: Path) -> int | None:
    """The run up to which all was reported; None before the first night."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        state = None
    through = state.get("through") if isinstance(state, dict) else None
    if not isinstance(through, int):
        raise OutputError(
            "it cannot be read what was reported last", where=folder / _STATE, hint="remove the file to begin anew"
        )
    return through


def set_reported(folder: Path, run_id: int) -> None:
    """Remember that all up to this run was reported.

    Raises
    ------
    OutputError
        Where it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error) from None
    with written(folder / _STATE) as out:
        json.dump({"through": run_id}, out)
