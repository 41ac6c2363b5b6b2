"""Every error a user can meet: what happened, where, and what to do about it."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process tells the shell that started it."""

    OK = 0
    SOME_FAILED = 1  # some inputs could not be read; the rest was analysed
    NOTHING_USABLE = 2  # nothing could be analysed, or the command line was wrong
    CONFIGURATION = 3  # a rule file, model, scorecard or setting is at fault


class AnalyserError(Exception):
    """The base of all errors shown to users; never holds the words of a call.

    Parameters
    ----------
    what
        What went wrong, in one clause.
    where
        The file it concerns, if any.
    line
        The line in that file, from 1, if known.
    hint
        What the user can do.
    """

    exit_code = ExitCode.NOTHING_USABLE

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.line = line
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.where or ""
        if place and self.line is not None:
            place = f"{place}:{self.line}"
        text = f"{self.what} ({place})" if place else self.what
        return f"{text}; {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not unpickle by themselves, and workers send these home.
        return (_rebuild, (type(self), self.what, self.where, self.line, self.hint))


def _rebuild(
    kind: type[AnalyserError], what: str, where: str | None, line: int | None, hint: str | None
) -> AnalyserError:
    return kind(what, where=where, line=line, hint=hint)


class InputError(AnalyserError):
    """A transcript, or a file of them, cannot be read."""


class UnknownFormatError(InputError):
    """No reader recognises the file."""


class ConfigurationError(AnalyserError):
    """A setting, option value or scorecard is wrong."""

    exit_code = ExitCode.CONFIGURATION


class RuleError(ConfigurationError):
    """A behaviour file does not follow the schema, or a rule's own examples fail."""


class ModelError(ConfigurationError):
    """A model is absent, was changed, or does not fit this version."""


class OutputError(AnalyserError):
    """A report cannot be written."""


class LabelError(InputError):
    """Labels cannot be read, or are too few to learn from."""


class StoreError(AnalyserError):
    """The store cannot be read or written; what was saved before is safe."""


class StoreAddressError(StoreError):
    """The store's address is wrong, or nothing can be reached there."""

    exit_code = ExitCode.CONFIGURATION


class ClusterError(AnalyserError):
    """A cluster cannot be reached, has no workers, or was lost in the middle of a run."""

    exit_code = ExitCode.CONFIGURATION


class NoStoreError(StoreAddressError):
    """There is no store at the address yet."""
