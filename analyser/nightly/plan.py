"""What a config asks for, in the words of the rooms below; and what a run would do, said without doing it."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from analyser.errors import ConfigurationError, NoStoreError, StoreAddressError
from analyser.formats import ReadOptions, load_roster
from analyser.formats.reading import check
from analyser.nightly.config import NightlyConfig
from analyser.pipeline import Analyser
from analyser.settings import Settings
from analyser.store import open_store


def read_options(config: NightlyConfig) -> ReadOptions:
    """How the inbox is read.

    Raises
    ------
    ConfigurationError
        Where a pattern, the mapping or a side file cannot be used.
    """
    inbox = config.inbox
    options = ReadOptions(
        input_format=inbox.input_format,
        agent_channel=inbox.agent_channel,
        agents=load_roster(inbox.agents) if inbox.agents is not None else (),
        agent_pattern=inbox.agent_pattern,
        mapping=dict(inbox.map),
        metadata=inbox.metadata,
        path_pattern=inbox.path_pattern,
        swap_roles=inbox.swap_roles,
        join_pause_s=inbox.join_pause,
    )
    check(options)
    return options


def analysis_settings(config: NightlyConfig) -> Settings:
    """How calls are judged."""
    chosen = config.analysis
    return Settings(
        threshold=chosen.threshold, model=chosen.model, behaviours=chosen.behaviours, scorecards=chosen.scorecards
    )


def lock_path(config: NightlyConfig, path: Path) -> Path:
    """The lock: as configured, or beside the config file under its name."""
    return config.run.lock or Path(os.path.abspath(path)).with_suffix(".lock")


def inbox_with_files(paths: Sequence[str]) -> list[str]:
    """The paths without folders and patterns that hold nothing tonight: for a night job, that is no fault.

    A path where nothing is stays among them: it may be a mount that did not come up, and that must be told.
    """
    return [path for path in paths if "://" in path or not _empty(path)]


def _empty(path: str) -> bool:
    place = Path(path)
    if place.is_dir():
        return not any(_visible(place))
    return not place.exists() and glob.has_magic(path) and not glob.glob(path, recursive=True)


def _visible(folder: Path) -> Iterator[Path]:
    for entry in folder.rglob("*"):
        if not any(part.startswith(".") for part in entry.relative_to(folder).parts) and not entry.is_dir():
            yield entry


def plan(config: NightlyConfig, path: Path) -> list[str]:
    """What a run would do, a line each; opens nothing but the store, and changes nothing.

    Raises
    ------
    ConfigurationError
        Where rules, scorecards, model or options cannot be used, or the store cannot be opened.
    """
    options, settings = read_options(config), analysis_settings(config)
    stamp = Analyser(settings).stamp
    analysis = config.analysis
    limit = config.run.time_limit_s
    workers = "all cores" if analysis.jobs == -1 else f"{analysis.jobs} process{'' if analysis.jobs == 1 else 'es'}"
    where = f"dask at {analysis.scheduler}" if analysis.backend == "dask" else workers
    lines = [
        *(f"read      {place}{_state(place)}" for place in config.inbox.paths),
        f"as        {options.input_format or 'whatever format the content shows'}",
        f"bad files {f'move to {config.inbox.quarantine}' if config.inbox.quarantine else 'stay where they are'}",
        f"judge     with rules {stamp.rules[:12]}, model {stamp.model[:12]}, by {where}; again: {analysis.redo}",
        f"keep in   {_store(config)}",
        f"report to {config.reports.folder}"
        + (f", kept for {config.reports.keep_days} days" if config.reports.keep_days else ", kept for ever"),
    ]
    if config.email is not None:
        mail = config.email
        lines.append(f"mail      {', '.join(mail.recipients)} by {mail.host}:{mail.port} ({mail.tls})")
    if config.webhook is not None:
        signed = "signed" if config.webhook.secret_env else "not signed"
        lines.append(f"post to   {urlsplit(config.webhook.url).hostname} ({signed})")
    if config.prometheus is not None:
        lines.append(f"textfile  {config.prometheus.textfile}")
    lines.append(f"stop      {'at the end' if limit is None else f'after {limit:,.0f} seconds, between two batches'}")
    lines.append(f"lock      {lock_path(config, path)}")
    for name, folder in (("[reports] folder", config.reports.folder), ("[run] lock", lock_path(config, path).parent)):
        _writable(name, folder)
    return lines


def _state(place: str) -> str:
    if "://" in place:
        return ""
    if Path(place).exists() or glob.has_magic(place):
        return " (nothing there now)" if _empty(place) else ""
    return " (not there: a run would fail on it)"


def _store(config: NightlyConfig) -> str:
    address = config.store.address
    if "://" not in address and not Path(address).exists():
        if not Path(address).parent.is_dir():
            raise StoreAddressError(
                "there is no such folder for the store", where=Path(address).parent, hint="make it first"
            )
        return f"{address} (will be made)"
    try:
        store = open_store(address, create=False)
    except NoStoreError as error:
        return f"{error.where} (will be made)"
    try:
        figures = store.figures()
        return f"{store.address} ({figures.calls:,} calls of {figures.runs:,} runs)"
    finally:
        store.close()


def _writable(name: str, folder: Path) -> None:
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise ConfigurationError(f"{name} cannot be written", where=folder, hint="choose another place")
