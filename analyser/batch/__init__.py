"""Many calls: streamed in, analysed in parallel, streamed out or kept in a store."""

from __future__ import annotations

from analyser.batch.inbox import Redo
from analyser.batch.run import BatchSummary, run_batch
from analyser.batch.stream import CHUNK, analyse_stream

__all__ = ["CHUNK", "BatchSummary", "Redo", "analyse_stream", "run_batch"]
