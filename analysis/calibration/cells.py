"""The counts of the data file as rates with Monte-Carlo errors."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.calibration.names import WHOLE_TREE
from analysis.calibration.scenarios import Scenario, scenarios
from analysis.calibration.store import Entries
from analysis.power.shares import Share, share

CLAIM_DIRECTION = {True: "lower", False: "upper"}


@dataclass(frozen=True)
class Cell:
    """One procedure in one scenario."""

    scenario: Scenario
    procedure: str
    counts: Mapping[str, float]

    def rate(self, what: str) -> Share | None:
        """Share of the studies; of those with an interval for the coverage. None if it was not counted."""
        if what not in self.counts:
            return None
        whole = self.counts["intervals" if what == "covered" else "studies"]
        return share(self.counts[what], whole) if whole else None

    @property
    def one_sided(self) -> Share | None:
        """One-sided error in the direction of the claim whose edge the null is; nominal .025."""
        return self.rate(CLAIM_DIRECTION[self.scenario.null > 0])


def _all(entries: Entries) -> list[Cell]:
    found = []
    for scenario in scenarios():
        groups = entries.get(scenario.name, {}).get("groups", {})
        for group in groups.values():
            for name, counts in group["procedures"].items():
                found.append(Cell(scenario, name, counts))
    return found


def cells(entries: Entries) -> list[Cell]:
    """Every procedure in every finished scenario, in the order of the scenarios."""
    return [cell for cell in _all(entries) if cell.procedure != WHOLE_TREE]


def tree_cells(entries: Entries) -> list[Cell]:
    """The whole tree in every finished scenario."""
    return [cell for cell in _all(entries) if cell.procedure == WHOLE_TREE]


def number(value: float) -> str:
    """Three decimals without a leading zero."""
    text = f"{value:.3f}"
    return text.removeprefix("0") if value < 1 else text


def rate_text(rate: Share | None) -> str:
    """A rate with its Monte-Carlo standard error in brackets."""
    return "–" if rate is None else f"{number(rate.value)} ({number(rate.error)})"
