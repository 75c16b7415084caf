"""A share of simulated studies with its Monte-Carlo error."""

import math
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Share:
    """A share and its Monte-Carlo standard error; `studies` is how many it is a share of."""

    value: float
    error: float
    studies: int

    def record(self) -> dict[str, float]:
        """Its fields."""
        return asdict(self)


def share(count: float, studies: float) -> Share:
    """Share of `count` in `studies`.

    The error is that of a binomial share moved towards one half by one success and one failure, so that it is
    not 0 where nothing or everything was counted.
    """
    moved = (count + 1) / (studies + 2)
    return Share(count / studies, math.sqrt(moved * (1 - moved) / studies), int(studies))
