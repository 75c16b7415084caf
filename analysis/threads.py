"""One BLAS thread: the matrices are small, and threads make them slower and their last digits unstable."""

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import linalg
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it ships no types


@lru_cache(maxsize=1)
def _controller() -> Any:
    # Both libraries bring their own BLAS, and the controller sees only what is loaded.
    linalg.cholesky(np.eye(2))
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Limit every loaded BLAS to one thread inside a ``with`` block."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1)
    return limit
