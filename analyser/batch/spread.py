"""Work spread over processes through joblib, with results in order and a bounded amount in hand."""

from __future__ import annotations

import pickle
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any, Generic, TypeVar, cast

from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from analyser.cluster import spread_far
from analyser.errors import AnalyserError, ConfigurationError

_PROTOCOL = 5
_TRIES = 3  # of a piece of work whose worker dies
Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    lost: Callable[[Any], Any] | None = None,
) -> Iterator[Result]:
    """Results of work on items, in their order.

    joblib alone takes in new items as old ones are done, in a thread of its own, however slowly results are fetched.
    So items go to it in windows: while the results of one are fetched, the workers are busy with the next, and no
    more than two are in hand. Items are fetched by the caller's thread, which is what a database wants.

    Parameters
    ----------
    work
        A function of a module, as it travels to the workers.
    jobs
        Processes; 1 stays in this one, -1 takes all cores.
    backend, scheduler
        joblib's backend; ``dask`` with the address of its scheduler, whose workers then take the place of ``jobs``.
    lost
        Only for a cluster, where an item is a list and its result another: what stands for a piece of an item whose
        workers died whenever they took it up. Without it, such a piece ends the run.

    Raises
    ------
    AnalyserError
        Where workers die again and again at the same work.
    ClusterError
        Where the cluster cannot be used, or is lost.
    """
    if backend == "dask":
        if not scheduler:
            raise ConfigurationError("no scheduler is named", hint="give --scheduler tcp://HOST:8786")
        yield from spread_far(work, items, scheduler=scheduler, lost=lost)
        return
    if backend != "loky":
        raise ConfigurationError(f"there is no backend {backend!r}", hint="the backends are loky and dask")
    if jobs == 1:
        yield from map(work, items)
        return
    source, size = iter(items), effective_n_jobs(jobs)
    ahead: deque[_Window[Item, Result]] = deque()
    try:
        while True:
            while len(ahead) < 2 and (part := list(islice(source, size))):
                ahead.append(_Window(work, part, jobs))
            if not ahead:
                return
            yield from ahead[0].results()
            ahead.popleft()
    finally:
        for window in ahead:
            window.close()


def _packed(work: Callable[[Item], Result], item: bytes) -> bytes:
    """Work on a packed item, result packed: joblib's own way of packing takes three times as long."""
    return pickle.dumps(work(pickle.loads(item)), _PROTOCOL)


class _Window(Generic[Item, Result]):
    """Some items, begun together."""

    def __init__(self, work: Callable[[Item], Result], items: list[Item], jobs: int) -> None:
        self._work, self._items, self._jobs = work, items, jobs
        self._running: Generator[bytes, None, None] | None = None
        self._begin(items)

    def _begin(self, items: list[Item]) -> None:
        parallel = Parallel(n_jobs=self._jobs, return_as="generator", pre_dispatch="all", batch_size=1, max_nbytes=None)
        packed = (delayed(_packed)(self._work, pickle.dumps(item, _PROTOCOL)) for item in items)
        self._running = cast("Generator[bytes, None, None]", parallel(packed))

    def results(self) -> Iterator[Result]:
        """Results in order; what a dead worker had in hand is done again."""
        done = 0
        for attempt in range(_TRIES):
            try:
                if attempt:
                    self._begin(self._items[done:])
                assert self._running is not None
                for result in self._running:
                    yield pickle.loads(result)
                    done += 1
                return
            except RuntimeError as error:
                # The windows share their workers: one that breaks also ends what the other has in hand.
                shut = isinstance(error.__context__, ShutdownExecutorError)
                if not shut and not isinstance(error, BrokenProcessPool):
                    raise
                self._running = None
        raise AnalyserError(
            "worker processes end again and again", hint="they may want for memory: give fewer with --jobs"
        )

    def close(self) -> None:
        """Give up what is not done."""
        if self._running is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # joblib warns that work was given up, as is meant here
                self._running.close()
