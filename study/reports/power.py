"""Power of a study as it is planned: its own sizes and margins, simulated before the plan is locked."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from analysis.plan import parse_plan
from analysis.schema import DIMENSIONS
from study.participants.models import Role
from study.participants.queries import people_of
from study.protocol.errors import PreconditionMissing
from study.protocol.models import Study
from study.protocol.queries import current_plan, model_arms, resident_arms
from study.reports.tables import Table

if TYPE_CHECKING:
    from analysis.power.design import Design

STUDIES = 1_000
INCOMPLETE = (
    "In a study of these sizes not every rater scores every response, or the residents do not share the "
    "vignettes equally. Each simulated study then takes many model fits, too long for a page: "
    "the command manage.py power does it."
)
WORTH_SHOWING = 0.5
ERROR = "Share of the simulated studies that make the claim, ± its Monte-Carlo standard error."


@dataclass(frozen=True)
class Sizes:
    """What a study consists of, as far as its people are known; `assumed` names what is not."""

    vignettes: int
    residents_per_level: int
    vignettes_per_resident: int
    models: int
    raters: int
    raters_per_response: int
    assumed: tuple[str, ...]

    @property
    def facts(self) -> list[tuple[str, int]]:
        """Names and numbers for the page."""
        return [(name.replace("_", " ").capitalize(), getattr(self, name)) for name in SIZES]


SIZES = tuple(field.name for field in fields(Sizes) if field.type is int)


@dataclass(frozen=True)
class Power:
    """The tables and the sentences of the page."""

    tables: list[Table]
    advice: list[str]
    faults: list[str]
    studies: int


def sizes_of(study: Study) -> Sizes:
    """Return the study's sizes; residents and raters that are not there yet are assumed."""
    vignettes = study.study_vignettes.count()
    people = people_of(study)
    levels = [arm.level for arm in resident_arms(study)]
    known = [people.filter(role=Role.RESIDENT, level=level).count() for level in levels]
    residents = min(known, default=0)
    raters = people.filter(role=Role.RATER).count()
    assumed = []
    if residents * study.vignettes_per_resident < vignettes:
        residents = -(-vignettes // study.vignettes_per_resident)
        assumed.append("enough residents of each level for every vignette")
    if raters < study.raters_per_response:
        raters = study.raters_per_response
        assumed.append("as many raters as each response needs")
    return Sizes(
        vignettes=vignettes,
        residents_per_level=residents,
        vignettes_per_resident=study.vignettes_per_resident,
        models=model_arms(study).count(),
        raters=raters,
        raters_per_response=study.raters_per_response,
        assumed=tuple(assumed),
    )


def simulated_power(study: Study, sizes: Sizes) -> Power:
    """Simulate the design with no true difference, and with models that are better by half a point.

    Raises PreconditionMissing when there is nothing to simulate.
    """
    # The statistics libraries cost seconds, which every other page is spared.
    from analysis.power.design import with_difference  # noqa: PLC0415
    from analysis.power.results import simulate_power  # noqa: PLC0415

    base = _design(study, sizes)
    if not base.complete:
        return Power([], [INCOMPLETE], [], 0)
    runs = [simulate_power(with_difference(base, value), map, _unseen) for value in (0.0, WORTH_SHOWING)]
    captions = ("No true difference", f"Every model better by {WORTH_SHOWING:g} points on every dimension")
    tables = [_table(caption, run["claims"]) for caption, run in zip(captions, runs, strict=True)]
    return Power(tables, list(runs[0]["advice"]), list(runs[0]["faults"]), base.studies)


def _design(study: Study, sizes: Sizes) -> "Design":
    from analysis.power.design import Design  # noqa: PLC0415  as above

    stored = current_plan(study)
    if stored is None or not sizes.models or not sizes.vignettes:
        raise PreconditionMissing("The study needs vignettes, a model and a plan before it can be simulated.")
    plan = parse_plan(stored.text)
    return Design(
        **{name: getattr(sizes, name) for name in SIZES},
        margins={dimension: plan.margins.get(dimension, float(study.margin)) for dimension in DIMENSIONS},
        equivalence_alpha=plan.equivalence_alpha,
        studies=STUDIES,
    )


def _unseen(done: int, total: int) -> None:
    """Take no notice of progress: the page comes when all is done."""


def _table(caption: str, claims: list[dict[str, Any]]) -> Table:
    rows = [[each["label"], _share(each["in_tree"]), _share(each["alone"])] for each in claims]
    return Table(caption, ["Claim of the lead model", "In the tree", "Alone"], rows, ERROR)


def _share(share: dict[str, float]) -> str:
    return f"{share['value']:.2f} ± {share['error']:.2f}"
