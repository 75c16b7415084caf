"""Which group of procedures runs on which scenarios, and on how many studies."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.calibration.covering import COVERING
from analysis.calibration.scenarios import DEFAULT, RESIDENT, Scenario, scenarios
from analysis.calibration.work import ENGINE, LINEAR, ORDINAL, SIMPLE, TREE, payloads


@dataclass(frozen=True)
class Group:
    """A group: where it runs, its studies per scenario, and the relative cost of one study."""

    studies: int
    cost: float
    covers: Callable[[Scenario], bool]


@dataclass(frozen=True)
class Job:
    """One group on one scenario."""

    scenario: Scenario
    group: str
    studies: int

    @property
    def cost(self) -> float:
        """Relative cost, for the estimate of the time left."""
        return self.studies * GROUPS[self.group].cost

    def payloads(self) -> list[dict[str, Any]]:
        """Its blocks."""
        return payloads(self.scenario, self.group, self.studies)


def _complete(scenario: Scenario) -> bool:
    return scenario.missing == 0


def _any(_: Scenario) -> bool:
    return True


def _engine(scenario: Scenario) -> bool:
    """All of the default size; of the other sizes incomplete tables, where the engine decides, at null 0."""
    return scenario.size == DEFAULT or (scenario.missing > 0 and scenario.null == 0)


def _few(scenario: Scenario) -> bool:
    """Each rater-by-source deviation in the plainest case of the default size, and the covering array."""
    is_plain = scenario.resident == RESIDENT[0] and scenario.scale == "mid" and scenario.null == 0
    return scenario in COVERING or (scenario.size == DEFAULT and is_plain and _complete(scenario))


GROUPS = {
    SIMPLE: Group(4_000, 1.0, _any),
    TREE: Group(4_000, 0.3, _complete),
    ENGINE: Group(4_000, 10.0, _engine),
    LINEAR: Group(4_000, 20.0, _few),
    ORDINAL: Group(4_000, 40.0, _few),
}
GROUP_NAMES: Sequence[str] = tuple(GROUPS)


def jobs(groups: Iterable[str], studies: int | None = None) -> Iterator[Job]:
    """Every job of the groups, group by group.

    Parameters
    ----------
    groups : iterable of str
    studies : int or None
        Studies of every scenario; each group's own number if None.
    """
    for name in groups:
        group = GROUPS[name]
        for scenario in scenarios():
            if group.covers(scenario):
                yield Job(scenario, name, studies or group.studies)
