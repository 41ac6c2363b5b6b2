"""Work spread over processes through joblib, with results in order and a bounded amount in hand."""

from __future__ import annotations

import pickle
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from analyser.cluster import spread_far
from analyser.errors import AnalyserError, ConfigurationError

_TRIES = 3  # of an item whose worker dies
_AHEAD = 2  # items in hand for each worker
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Packing(Generic[Item, Result]):
    """How items travel to a worker of this machine, and results home; all functions of modules.

    Parameters
    ----------
    pack, unpack
        An item as bytes, and again as far as the work needs it.
    pack_result, unpack_result
        The same of a result; made whole with its item, so that what that holds need not travel home.
    """

    pack: Callable[[Item], Any]
    unpack: Callable[[Any], Item]
    pack_result: Callable[[Result], Any]
    unpack_result: Callable[[Any, Item], Result]


def _pickled(result: bytes, item: Any) -> Any:
    del item
    return pickle.loads(result)


PICKLED: Packing[Any, Any] = Packing(pickle.dumps, pickle.loads, pickle.dumps, _pickled)


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    lost: Callable[[Any], Any] | None = None,
    packing: Packing[Item, Result] = PICKLED,
) -> Iterator[Result]:
    """Results of work on items, in their order.

    joblib alone takes in new items as old ones are done, in a thread of its own, however slowly results are fetched.
    So each item is a call of joblib by itself, and a new one is taken in as a result is fetched: there are always
    two for each worker in hand, and never more. Items are fetched by the caller's thread, which is what a database
    wants.

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
    packing
        For workers of this machine: joblib's own way takes three times as long as pickle, which is the default.

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
    most = _AHEAD * effective_n_jobs(jobs)
    ahead: deque[_Sent[Item, Result]] = deque()
    try:
        for item in items:
            ahead.append(_Sent(partial(_packed, work, packing), item, packing, jobs))
            if len(ahead) == most:
                yield ahead[0].result()
                ahead.popleft()
        while ahead:
            yield ahead[0].result()
            ahead.popleft()
    finally:
        for sent in ahead:
            sent.close()


def _packed(work: Callable[[Item], Result], packing: Packing[Item, Result], item: Any) -> Any:
    """Work on a packed item, result packed."""
    return packing.pack_result(work(packing.unpack(item)))


class _Sent(Generic[Item, Result]):
    """An item on its way through a worker."""

    def __init__(self, work: Callable[[Any], Any], item: Item, packing: Packing[Item, Result], jobs: int) -> None:
        self._work, self._item, self._packing, self._jobs = work, item, packing, jobs
        self._running: Generator[Any, None, None] | None = None
        with suppress(BrokenProcessPool, ShutdownExecutorError):  # a worker died just now: begun again for the result
            self._begin()

    def _begin(self) -> None:
        parallel = Parallel(n_jobs=self._jobs, return_as="generator", pre_dispatch="all", batch_size=1, max_nbytes=None)
        packed = [delayed(self._work)(self._packing.pack(self._item))]
        self._running = cast("Generator[Any, None, None]", parallel(packed))

    def result(self) -> Result:
        """The result; where its worker dies, the work is done again."""
        for _ in range(_TRIES):
            try:
                if self._running is None:
                    self._begin()
                assert self._running is not None
                (result,) = self._running
                return self._packing.unpack_result(result, self._item)
            except RuntimeError as error:
                # All that is on its way shares the workers: where one breaks, what the others have in hand ends too.
                shut = any(isinstance(e, ShutdownExecutorError) for e in (error, error.__context__))
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
