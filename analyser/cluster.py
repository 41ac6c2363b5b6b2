"""Work through a Dask cluster: results in order, memory bounded (the only importer of dask)."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from joblib import Parallel, delayed, parallel_config

from analyser.errors import AnalyserError, ClusterError

Item = TypeVar("Item")
Result = TypeVar("Result")

CONNECT_S = 10.0  # how long the scheduler may take to answer
WORKERS_S = 60.0  # how long the first worker may take to come
PATIENCE_S = 300.0  # how long a run waits for workers when the last one has gone
_LOOK_S = 1.0
_WINDOWS = 2  # in flight: while one is handed out, the workers are busy with the next
_PER_THREAD = 2  # items of a window for each thread of the cluster
_ATTEMPTS = 3  # for a window whose results the scheduler lost
_QUIET = ("distributed", "distributed.client", "distributed.core", "distributed.comm", "tornado.application")

_HINT_WORKERS = "start workers with `dask worker ADDRESS --nthreads 1`"
_HINT_SAME = "install the same call-analyser, Python and dask on workers and here"


def spread_far(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    scheduler: str,
    lost: Callable[[Any], Any] | None = None,
) -> Iterator[Result]:
    """Have a cluster's workers do the items, through joblib's Dask backend.

    That backend gives no generator and keeps the results of a call until its end. So items go in windows of two for
    each thread of the cluster, two windows at a time: no more is held here, on the scheduler or on the workers.

    Parameters
    ----------
    work
        A function of a module that the workers can import, or a ``partial`` of one; may run more than once.
    scheduler
        The scheduler's address, such as ``tcp://10.0.0.5:8786``, or the path of its scheduler file.
    lost
        Where items are lists and their results lists of the same length: the result for a piece whose workers died
        whenever they took it up. Without it, such a piece ends the run.

    Yields
    ------
    Results, in order.

    Raises
    ------
    ClusterError
        Where dask is not installed, the scheduler does not answer, or there are no workers.
    """
    with _connected(scheduler) as client:
        crew: _Crew[Item, Result] = _Crew(client, work, lost, scheduler)
        source = iter(items)
        running: deque[Future[list[Result]]] = deque()
        while True:
            while len(running) < _WINDOWS and (window := list(islice(source, crew.window()))):
                running.append(crew.start([_pack(item) for item in window]))
            if not running:
                return
            yield from crew.wait(running.popleft())


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
        from distributed.comm.addressing import resolve_address
    except ImportError:
        raise ClusterError("dask is not installed", hint="pip install 'call-analyser[cluster]'") from None
    levels = {name: logging.getLogger(name).level for name in _QUIET}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what is wrong is said once, by the error
    client = None
    try:
        try:
            place = {"scheduler_file": scheduler} if _is_file(scheduler) else {"address": resolve_address(scheduler)}
            connect: Any = Client  # distributed carries types for a part of itself only
            client = connect(**place, timeout=CONNECT_S, set_as_default=False, name="call-analyser")
        except Exception as error:
            raise ClusterError(
                f"the scheduler does not answer ({type(error).__name__})",
                where=scheduler,
                hint="check the address, and that `dask scheduler` runs there with the same dask",
            ) from None
        _await_worker(client, scheduler)
        yield client
    finally:
        if client is not None:
            _let_go(client)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _is_file(scheduler: str) -> bool:
    return "://" not in scheduler and Path(scheduler).is_file()


def _await_worker(client: Any, scheduler: str) -> None:
    # A task, not a look: a cluster that grows by need starts its first worker for it.
    try:
        client.submit(int, pure=False).result(timeout=WORKERS_S)
    except Exception:
        raise ClusterError("the scheduler has no workers", where=scheduler, hint=_HINT_WORKERS) from None


def _let_go(client: Any) -> None:
    """Close, and have the workers drop what is still in flight; a scheduler that is gone is not waited for."""
    try:
        client.close(timeout=CONNECT_S / 2)
    except Exception:
        logging.getLogger(__name__).debug("the cluster's client was closed by force")


class _Crew(Generic[Item, Result]):
    """The workers behind one client."""

    def __init__(
        self, client: Any, work: Callable[[Item], Result], lost: Callable[[Any], Any] | None, scheduler: str
    ) -> None:
        self._client, self._work, self._lost, self._scheduler = client, work, lost, scheduler

    def window(self) -> int:
        """How many items go out together, by the cluster's size just now."""
        return max(2, _PER_THREAD * self._threads())

    def _threads(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except Exception:
            raise self._gone() from None

    def _gone(self) -> ClusterError:
        return ClusterError(
            "the scheduler was lost in the middle of the run",
            where=self._scheduler,
            hint="see to the cluster and run again",
        )

    def _deserted(self) -> ClusterError:
        return ClusterError("all workers are gone", where=self._scheduler, hint=_HINT_WORKERS)

    def start(self, packed: list[bytes]) -> Future[list[Result]]:
        """Begin a window; in a thread that does not keep the process alive, as joblib waits without end."""
        running: Future[list[Result]] = Future()

        def run() -> None:
            try:
                running.set_result(self._window(packed))
            except BaseException as error:
                running.set_exception(error)

        threading.Thread(target=run, daemon=True, name="cluster-window").start()
        return running

    def wait(self, running: Future[list[Result]]) -> list[Result]:
        """The results of a window, with an eye on the cluster while they take their time."""
        last_worker = time.monotonic()
        while True:
            wait({running}, timeout=_LOOK_S)
            if running.done():
                return running.result()
            if self._client.status in {"closed", "closing"}:
                raise self._gone()
            if self._client.status != "running":
                continue  # it tries to connect again, and closes after dask's own time limit
            if self._threads():
                last_worker = time.monotonic()
            elif time.monotonic() - last_worker > PATIENCE_S:
                raise self._deserted()

    def _window(self, packed: list[bytes]) -> list[Result]:
        from distributed import KilledWorker

        try:
            return [_unpack(done) for done in self._parallel(packed)]
        except KilledWorker:
            if len(packed) > 1:  # joblib does not say which it was
                return [self._window([one])[0] for one in packed]
        if self._lost is None:
            raise ClusterError(
                "workers die again and again at the same work", where=self._scheduler, hint="give them more memory"
            ) from None
        pieces: Any = _unpack(packed[0])
        if len(pieces) == 1:
            return cast("list[Result]", [[self._lost(pieces[0])]])
        alone: Any = [self._window([_pack([piece])])[0] for piece in pieces]
        return cast("list[Result]", [[result for results in alone for result in results]])

    def _parallel(self, packed: list[bytes]) -> list[bytes]:
        from distributed import KilledWorker

        for _ in range(_ATTEMPTS):
            try:
                with parallel_config(backend=_backend(self._client)):
                    parallel = Parallel(n_jobs=-1, pre_dispatch="all", batch_size=1)
                    return list(parallel(delayed(_far)(self._work, one) for one in packed))
            except (AnalyserError, KilledWorker):
                raise
            except (asyncio.CancelledError, CancelledError):
                continue  # the scheduler lost what it had, as when it is started anew
            except TimeoutError:  # joblib has waited for workers
                raise self._deserted() from None
            except OSError:
                raise self._gone() from None
            except ImportError as error:
                raise ClusterError(
                    f"a worker has no package {error.name}", where=self._scheduler, hint=_HINT_SAME
                ) from None
            except Exception as error:
                raise ClusterError(
                    f"a worker failed ({type(error).__name__})", where=self._scheduler, hint=_HINT_SAME
                ) from None
        raise self._gone()


def _backend(client: Any) -> Any:
    """joblib's Dask backend, with two things made good.

    By itself it waits for ever where a task fails outside of its function: workers die under it, lack a package, or
    the scheduler gives it up; the error is noted, but nobody is told. And where a cluster has one thread just then,
    joblib does the work in this process.
    """
    from joblib._dask import DaskDistributedBackend

    class Telling(DaskDistributedBackend):  # type: ignore[misc]  # joblib carries no types
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, int(super().effective_n_jobs(n_jobs)))

        def submit(self, func: Any, callback: Callable[[Any], None]) -> Any:
            future = super().submit(func, callback)

            def tell(done: Any) -> None:
                if done.exception() is not None:
                    callback(done.exception())

            future.add_done_callback(tell)
            return future

        def retrieve_result_callback(self, out: Any) -> Any:
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

    return Telling(client=client, wait_for_workers_timeout=PATIENCE_S)


def _far(work: Callable[[Any], Any], packed: bytes) -> bytes:
    """What a worker runs.

    Bytes on the way out and home: small on the wire, no words in a worker's log, and never scattered by joblib to a
    single worker's memory, from where they would be lost with it.
    """
    return _pack(work(_unpack(packed)))


def _pack(value: object) -> bytes:
    return zlib.compress(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL), 1)


def _unpack(packed: bytes) -> Any:
    return pickle.loads(zlib.decompress(packed))
