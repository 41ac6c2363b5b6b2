"""The file ``analyser.toml``: its schema, and how it is read with file and line for every mistake."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from analyser.errors import ConfigurationError
from analyser.formats import FORMATS

EXAMPLE = Path(__file__).with_name("example.toml")  # every key, explained
_UNITS_S = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_MAIL = re.compile(r"[^\s@]+@[^\s@]+|.*<[^\s@]+@[^\s@]+>")


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        if not _DURATION.fullmatch(value):
            raise ValueError("give a time such as '6h', '90m' or '1h30m'")
        return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(value))
    return value


def _address(value: str, info: ValidationInfo) -> str:
    """A path from the config file's folder; addresses with a scheme, and -, stay as they are."""
    if "://" in value or value == "-":
        return value
    return os.path.normpath(_folder(info) / Path(value).expanduser())


def _path(value: Path, info: ValidationInfo) -> Path:
    return Path(os.path.normpath(_folder(info) / value.expanduser()))


def _present(value: Path) -> Path:
    if not value.exists():
        raise ValueError(f"there is no {value}; check the path")
    return value


def _folder(info: ValidationInfo) -> Path:
    return info.context["folder"] if info.context else Path()


def _set_in_environment(name: str) -> str:
    if not os.environ.get(name):
        raise ValueError(f"the environment has no {name}; set it for the job that starts this run")
    return name


def _format_name(name: str) -> str:
    if name not in {f.name for f in FORMATS}:
        raise ValueError(f"there is no format {name!r}; see `analyser formats`")
    return name


def _mail_address(address: str) -> str:
    if not _MAIL.fullmatch(address) or "\n" in address or "\r" in address:
        raise ValueError(f"{address!r} is no mail address")
    return address


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("give an address that begins with https:// or http://")
    return url


Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
Address = Annotated[str, Field(min_length=1), AfterValidator(_address)]
AnyPath = Annotated[Path, AfterValidator(_path)]
Existing = Annotated[Path, AfterValidator(_path), AfterValidator(_present)]
Variable = Annotated[str, AfterValidator(_set_in_environment)]
Mail = Annotated[str, AfterValidator(_mail_address)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Inbox(_Section):
    """Where calls come from and how they are read, as the options of ``analyser analyse``."""

    paths: Annotated[tuple[Address, ...], Field(min_length=1)]
    input_format: Annotated[str, AfterValidator(_format_name)] | None = None
    agent_channel: str | None = None
    agents: Existing | None = None
    agent_pattern: str | None = None
    map: Mapping[str, str] = Field(default_factory=dict)
    metadata: Existing | None = None
    path_pattern: str | None = None
    join_pause: Annotated[float, Field(ge=0)] = 1.5
    swap_roles: bool = False
    quarantine: AnyPath | None = None


class StorePlace(_Section):
    """Where results are kept: a file (SQLite) or ``postgresql://...``."""

    database: Address | None = None
    database_env: Variable | None = None

    @model_validator(mode="after")
    def _one(self) -> StorePlace:
        if (self.database is None) == (self.database_env is None):
            raise ValueError("give one of database and database_env")
        return self

    @property
    def address(self) -> str:
        """The store's address, which may hold a password: for opening it only, never to be shown."""
        return self.database if self.database is not None else os.environ[self.database_env or ""]


class Analysis(_Section):
    """How calls are judged, and by how many processes."""

    jobs: int = 1
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    scorecards: tuple[Existing, ...] = ()
    behaviours: Existing | None = None
    model: Existing | None = None
    redo: Literal["never", "stale", "all"] = "never"
    backend: Literal["loky", "dask"] = "loky"
    scheduler: Address | None = None  # an address, or the scheduler's file

    @model_validator(mode="after")
    def _fits(self) -> Analysis:
        if self.jobs == 0:
            raise ValueError("jobs is 0; give a number of processes, or -1 for all cores")
        if (self.backend == "dask") != (self.scheduler is not None):
            raise ValueError('backend = "dask" and scheduler go together')
        return self


class Reports(_Section):
    """Where each night's pages go, and for how long they are kept (all, where no days are given)."""

    folder: AnyPath
    keep_days: Annotated[int, Field(ge=1)] | None = None
    link: Annotated[str, AfterValidator(_http)] | None = None


class DigestChoice(_Section):
    """What the digest holds, and on which nights it is sent."""

    send: Literal["always", "something_new"] = "always"
    calls: Annotated[int, Field(ge=1, le=100)] = 10
    least_calls_per_agent: Annotated[int, Field(ge=1)] = 5
    compare_runs: Annotated[int, Field(ge=1, le=366)] = 7


class Email(_Section):
    """Mail by SMTP; the password stands in an environment variable, never in the file."""

    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    tls: Literal["starttls", "ssl", "none"] = "starttls"
    user: str | None = None
    password_env: Variable | None = None
    sender: Mail = Field(alias="from")
    recipients: Annotated[tuple[Mail, ...], Field(min_length=1)] = Field(alias="to")
    timeout_s: Seconds = Field(default=30.0, alias="timeout")
    attempts: Annotated[int, Field(ge=1, le=10)] = 3

    @model_validator(mode="after")
    def _fits(self) -> Email:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("user and password_env go together")
        if self.user is not None and self.tls == "none" and self.host not in _LOCAL:
            raise ValueError('a password would travel unprotected; set tls to "starttls" or "ssl"')
        return self


class Webhook(_Section):
    """A POST of the digest as JSON, signed where a secret is given."""

    url: Annotated[str, AfterValidator(_http)]
    secret_env: Variable | None = None
    timeout_s: Seconds = Field(default=30.0, alias="timeout")
    attempts: Annotated[int, Field(ge=1, le=10)] = 3


class Prometheus(_Section):
    """The file that a node exporter's textfile collector picks up."""

    textfile: AnyPath


class RunLimits(_Section):
    """When the run stops by itself, and the file that keeps a second run out."""

    time_limit_s: Seconds | None = Field(default=None, alias="time_limit")
    lock: AnyPath | None = None


class NightlyConfig(_Section):
    """A whole ``analyser.toml``; paths in it are absolute once read."""

    inbox: Inbox
    store: StorePlace
    analysis: Analysis = Analysis()
    reports: Reports
    digest: DigestChoice = DigestChoice()
    email: Email | None = None
    webhook: Webhook | None = None
    prometheus: Prometheus | None = None
    run: RunLimits = RunLimits()


def load_config(path: Path) -> NightlyConfig:
    """Read a config file; relative paths count from its folder.

    Raises
    ------
    ConfigurationError
        With file and line, where it cannot be read or does not follow the schema.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        hint = "`analyser nightly --init` writes an example" if isinstance(error, FileNotFoundError) else None
        raise ConfigurationError(f"the config file cannot be read: {error.strerror}", where=path, hint=hint) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError("the config file is not UTF-8", where=path, line=line) from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        what = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise ConfigurationError(
            f"the config file is not TOML: {what}", where=path, line=line, hint="texts stand in quotes"
        ) from None
    try:
        return NightlyConfig.model_validate(data, context={"folder": Path(os.path.abspath(path.parent))})
    except ValidationError as error:
        raise _first_mistake(error, text, path) from None


def _first_mistake(error: ValidationError, text: str, path: Path) -> ConfigurationError:
    """The mistake that stands first in the file, in one line; what is missing comes last, as it may be misspelt."""
    found = [(_line_of(text, _keys(e["loc"])), e) for e in error.errors(include_url=False)]
    line, first = min(found, key=lambda f: (f[1]["type"] == "missing", f[0] or 0))
    keys = _keys(first["loc"])
    name = f"[{keys[0]}] {'.'.join(keys[1:])}".rstrip() if len(keys) > 1 else f"[{keys[0]}]"
    if first["type"] == "extra_forbidden":
        known = _known(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, 1)
        kind = "key" if len(keys) > 1 else "section"
        what = f"there is no {kind} {name}"
        hint = f"did you mean {near[0]}?" if near else f"the {kind}s are {', '.join(known)}"
    elif first["type"] == "missing":
        what, hint = f"{name} is missing", "`analyser nightly --init` writes an example with all keys"
    else:
        what, _, hint = first["msg"].removeprefix("Value error, ").partition("; ")
        what = f"{name}: {what[0].lower()}{what[1:]}"
    if len(found) > 1:
        what = f"{what} (and {len(found) - 1} more)"
    return ConfigurationError(what, where=path, line=line, hint=hint or None)


def _keys(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys down to the one at fault; places within a list are left out."""
    return tuple(part for part in loc if isinstance(part, str))[:3]


def _known(keys: tuple[str, ...]) -> list[str]:
    """What may stand at the top, or in a section."""
    model: Any = NightlyConfig
    if keys:
        annotation = NightlyConfig.model_fields[keys[0]].annotation
        kinds = getattr(annotation, "__args__", (annotation,))
        model = next(k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel))
    return [f.alias or name for name, f in model.model_fields.items()]


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The line (from 1) where the key is set; where it is not there, that of its section; None for neither.

    The parser gives no places, so the file is parsed line by line further: a key is set by the first statement after
    the last beginning of the file that lacks it.
    """
    lines = text.splitlines()
    without = 0
    for count in range(1, len(lines) + 1):
        try:
            data: Any = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        for key in keys:
            data = data.get(key) if isinstance(data, dict) else None
        if data is not None:
            break
        without = count
    else:
        return _line_of(text, keys[:-1]) if len(keys) > 1 else None
    rest = (n for n in range(without, len(lines)) if lines[n].strip() and not lines[n].lstrip().startswith("#"))
    return next(rest, without) + 1
