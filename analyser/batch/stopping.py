"""When a run is to stop: by a signal, or as its time is up. It then finishes what is in hand."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Listens while the block runs; a second signal of the kind ends the process in the usual way.

    Parameters
    ----------
    time_limit_s
        Seconds from now after which it is time.
    """

    def __init__(self, time_limit_s: float | None = None) -> None:
        self.because: str | None = None
        self.signal: int | None = None
        self._limit_s = time_limit_s
        self._ends = None if time_limit_s is None else time.monotonic() + time_limit_s
        self._before: dict[signal.Signals, Any] = {}

    def now(self) -> bool:
        """Whether to stop."""
        if self.because is None and self._ends is not None and time.monotonic() > self._ends:
            self.because = f"the time limit of {self._limit_s:g} s"
        return self.because is not None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._heard) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.because, self.signal = signal.Signals(number).name, number
        signal.signal(number, self._before[signal.Signals(number)])
