"""The pieces of work that R does, too: ours on the table of a reference case, and R's on the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.agreement.chance_corrected import chance_corrected_agreement
from analysis.agreement.intraclass import intraclass_correlations
from analysis.agreement.krippendorff import krippendorff_alpha
from analysis.mixed.contrasts import contrast_test
from analysis.mixed.linear import LinearMixedFit, fit_linear_mixed
from analysis.ordinal.mixed import fit_cumulative_link_mixed
from analysis.paired.lattice import find_lattice
from analysis.paired.location import hodges_lehmann
from analysis.paired.signed_rank import signed_rank
from analysis.resampling.cluster import cluster_bootstrap, mean_of_totals, value_cells
from bench.reference import Reference
from tests.reference.adapters.registry import answers
from tests.reference.cases import load_case

DRAWS = 99_999
PAIRED, AGREEMENT = ("01_paired_location", "likert120_ties"), ("06_agreement_study", "study120x5_missing")
MODELS, GOLDEN = ("07_mixed_models", "crossed600"), ("10_golden_study", "golden_dev")
BOOTSTRAP = ("09_bootstrap", "cluster_crossed600_missing_vignette_mean")
WALK = "lmerTest::lmer(score ~ arm + (1 | vignette) + (1 | rater) + (1 | responder), REML=TRUE) fit only"
CLMM = "ordinal::clmm(rating ~ arm + (1 | vignette) + (1 | rater) + (1 | {}), nAGQ=1)"
R_LMER = "lmer(rating ~ arm + (1|vignette) + (1|rater) + (1|responder), d)"
R_CLMM = "clmm(factor(rating) ~ arm + (1|vignette) + (1|rater) + (1|{}), d)"
R_BOOT = (
    "m <- tapply(d$rating, list(d$vignette, d$arm), mean, na.rm = TRUE); x <- m[, 'llm'] - m[, 'resident']; "
    "boot.ci(boot(x, function(v, i) mean(v[i]), 99999), type = c('perc', 'bca'))"
)
R_RESPONSE = "d$response <- paste(d$vignette, d$responder); "


@dataclass(frozen=True)
class Piece:
    """One piece of work, ours and R's; not `alike` where the two do different work."""

    name: str
    ours: Callable[[], object]
    reference: Reference
    alike: bool = True


def _paired() -> Iterator[Piece]:
    table = load_case(*PAIRED).table
    steps, denominator = find_lattice((table["x"] - table["y"]).dropna().to_numpy(float))
    pratt = 'wilcoxsign_test(x ~ y, d, zero.method = "Pratt", distribution = "exact")'
    yield Piece(
        "signed rank, exact, Pratt, 120 pairs",
        lambda: signed_rank(steps),
        Reference(*PAIRED, ("coin::wilcoxsign_test exact Pratt",), pratt, ("coin",)),
    )
    yield Piece(
        "Hodges-Lehmann with interval, 120 pairs",
        lambda: hodges_lehmann(steps, denominator),
        Reference(
            *PAIRED,
            ("exactRankTests::wilcox.exact",),
            "wilcox.exact(d$x, d$y, paired = TRUE, conf.int = TRUE)",
            ("exactRankTests",),
        ),
    )


def _bootstrap() -> Iterator[Piece]:
    table = load_case(*BOOTSTRAP).table
    means = table.pivot_table(index="vignette", columns="arm", values="rating")
    cells = value_cells(means["llm"] - means["resident"])
    yield Piece(
        f"cluster bootstrap, {DRAWS:,} draws, with BCa",
        lambda: cluster_bootstrap(cells, mean_of_totals, draws=DRAWS, rng=np.random.default_rng(1)),
        Reference(*BOOTSTRAP, ("boot R=99999",), R_BOOT, ("boot",)),
    )


def _agreement() -> Iterator[Piece]:
    scores = load_case(*AGREEMENT).table.drop(columns="item").to_numpy(float)
    complete = scores[np.isfinite(scores).all(axis=1)]
    matrix = "m <- as.matrix(d[-1]); "
    yield Piece(
        "AC2, quadratic, 120 × 5",
        lambda: chance_corrected_agreement(scores, [1, 2, 3, 4, 5], "gwet", "quadratic"),
        Reference(
            *AGREEMENT, ("irrCAC::gwet.ac1.raw",), f'{matrix}gwet.ac1.raw(m, "quadratic")', ("irrCAC",)
        ),
    )
    yield Piece(
        "Krippendorff's alpha, ordinal, 120 × 5",
        lambda: krippendorff_alpha(scores),
        Reference(*AGREEMENT, ("irr::kripp.alpha",), f'{matrix}kripp.alpha(t(m), "ordinal")', ("irr",)),
    )
    yield Piece(
        "ICC, six forms with intervals, 120 × 5",
        lambda: intraclass_correlations(complete),
        Reference(*AGREEMENT, ("psych::ICC",), f"{matrix}ICC(na.omit(m), lmer = FALSE)", ("psych",)),
    )


def _linear(table: pd.DataFrame) -> LinearMixedFit:
    x = np.column_stack([np.ones(len(table)), table["arm"] != "resident"])
    factors = {name: table[name] for name in ("vignette", "rater", "responder")}
    return fit_linear_mixed(table["rating"], x, factors)


def _models() -> Iterator[Piece]:
    table = load_case(*MODELS).table
    table["response"] = table["vignette"].astype(str) + table["responder"]
    fit = _linear(table)
    x = (table["arm"] != "resident").to_numpy(float)[:, None]
    packages = ("lmerTest", "pbkrtest")
    yield Piece(
        "LMM, 600 rows, 3 crossed effects",
        lambda: _linear(table),
        Reference(*MODELS, (WALK,), R_LMER, packages),
    )
    yield Piece(
        "Kenward-Roger of that fit",
        lambda: contrast_test(fit, [0.0, 1.0]),
        Reference(
            *MODELS,
            ("summary Kenward-Roger",),
            f'if (!exists("f")) f <<- {R_LMER}; summary(f, ddf = "Kenward-Roger")',
            packages,
        ),
    )
    for third in ("responder", "response"):
        factors = {name: table[name] for name in ("vignette", "rater", third)}
        yield Piece(
            f"CLMM, 600 rows, vignette, rater, {third}",
            lambda factors=factors: fit_cumulative_link_mixed(table["rating"], x, factors),  # type: ignore[misc]
            Reference(*MODELS, (CLMM.format(third),), R_RESPONSE + R_CLMM.format(third), ("ordinal",)),
        )


def _golden() -> Iterator[Piece]:
    def everything() -> int:
        return len([thunk() for thunk in answers(load_case(*GOLDEN)).values()])

    # Only R's models are recorded, so the two sides do different work.
    parts = (WALK, "summary Satterthwaite", "summary Kenward-Roger", "ordinal::clmm")
    reference = Reference(*GOLDEN, parts)
    yield Piece("golden study, every figure; R: its models only", everything, reference, alike=False)


def pieces() -> Iterator[Piece]:
    """Every piece, in the order of the table."""
    for family in (_paired, _bootstrap, _agreement, _models, _golden):
        yield from family()
