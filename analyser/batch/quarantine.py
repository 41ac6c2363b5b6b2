"""The folder that bad files are moved to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from analyser.errors import ConfigurationError, InputError
from analyser.formats.addresses import is_address


class Quarantine:
    """A folder; what is moved there keeps its place under the inbox.

    Parameters
    ----------
    folder
        Made where it is not there.
    inbox
        The run's folders and files.

    Raises
    ------
    ConfigurationError
        Where it cannot be made or written, or is an inbox itself.
    """

    def __init__(self, folder: Path, inbox: Sequence[str]) -> None:
        self.path = Path(os.path.abspath(folder))
        self._roots = [Path(os.path.abspath(p)) for p in inbox if not is_address(p)]
        if self.path in self._roots:
            raise ConfigurationError("the quarantine is the inbox", where=folder, hint="give another folder")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"the quarantine cannot be made: {error.strerror}", where=folder) from None
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise ConfigurationError("the quarantine cannot be written", where=folder)

    def take(self, path: str) -> Path | None:
        """Move a file here, under a further name where one of its name is here; gives where it is now.

        None for what is not on this machine, is no file of its own, or has gone.

        Raises
        ------
        InputError
            Where it cannot be moved.
        """
        source = Path(path)
        if is_address(path) or not source.is_file():
            return None
        root = next((r for r in self._roots if r.is_dir() and source.is_relative_to(r)), source.parent)
        to = self.path / source.relative_to(root)
        number = 1
        while to.exists():
            number += 1
            to = self.path / source.relative_to(root).with_name(f"{source.stem}~{number}{source.suffix}")
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, to)
        except OSError as error:
            raise InputError(
                f"the file cannot be moved to the quarantine: {error.strerror}", where=path, hint="move it by hand"
            ) from None
        return to
