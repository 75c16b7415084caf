"""Twelve scenarios in which every level of each factor meets every level of each other factor.

A covering array of strength 2, for procedures that cost too much to run on the full factorial. The smallest
possible has 4 x 3 = 12 rows, which these are. Cohen, Dalal, Fredman & Patton (1997), IEEE Transactions on
Software Engineering 23:437.
"""

from analysis.calibration.scenarios import DEFAULT, EIGHT_RATERS, FIVE_RESIDENTS, SIXTY_VIGNETTES, Scenario
from analysis.plan import DEFAULT_MARGIN

COVERING = frozenset(
    {
        Scenario(DEFAULT, 0.0, 0.3, "mid", 0.0, 0.0),
        Scenario(DEFAULT, 0.2, 0.6, "ceiling", 0.0, -DEFAULT_MARGIN),
        Scenario(DEFAULT, 0.4, 0.6, "mid", 0.05, DEFAULT_MARGIN),
        Scenario(EIGHT_RATERS, 0.0, 0.3, "ceiling", 0.05, -DEFAULT_MARGIN),
        Scenario(EIGHT_RATERS, 0.2, 0.3, "mid", 0.0, DEFAULT_MARGIN),
        Scenario(EIGHT_RATERS, 0.4, 0.6, "ceiling", 0.0, 0.0),
        Scenario(SIXTY_VIGNETTES, 0.0, 0.6, "ceiling", 0.0, DEFAULT_MARGIN),
        Scenario(SIXTY_VIGNETTES, 0.2, 0.6, "ceiling", 0.05, 0.0),
        Scenario(SIXTY_VIGNETTES, 0.4, 0.3, "mid", 0.05, -DEFAULT_MARGIN),
        Scenario(FIVE_RESIDENTS, 0.0, 0.6, "ceiling", 0.0, 0.0),
        Scenario(FIVE_RESIDENTS, 0.2, 0.3, "mid", 0.05, -DEFAULT_MARGIN),
        Scenario(FIVE_RESIDENTS, 0.4, 0.3, "mid", 0.05, DEFAULT_MARGIN),
    }
)
