"""A whole study: the other areas' answers on the columns of one table of ratings."""

import re
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.categorical.friedman import conover, nemenyi
from analysis.categorical.mcnemar import mcnemar_test
from analysis.multiplicity.adjust import adjust
from analysis.multiplicity.gatekeeping import serial
from analysis.paired import effect_size, equivalence, location
from analysis.paired.signed_rank import sign_flip, signed_rank, signed_rank_normal
from tests.reference.adapters import agreement, blinding, bootstrap
from tests.reference.adapters.cochran_q import cochran_record
from tests.reference.adapters.friedman import friedman_record
from tests.reference.adapters.golden_models import model_answers
from tests.reference.adapters.golden_table import COMPOSITE, CRITICAL, GUESS, Study, read_study, whole_steps
from tests.reference.adapters.patterns import Pattern, matched
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
ALPHA = 0.05
ADJUSTMENTS = {
    "holm": "holm",
    "hochberg": "hochberg",
    "hommel": "hommel",
    "BH": "bh",
    "bonferroni": "bonferroni",
}
Record = dict[str, Any]


def _description(values: pd.Series) -> Record:
    first, middle, third = values.quantile([0.25, 0.5, 0.75])
    spread = {"sd": values.std(), "median": middle, "q1": first, "q3": third}
    return {"n": len(values), "mean": values.mean(), **spread}


def _descriptives(study: Study, outcome: str, by: str) -> Record:
    return {str(name): _description(group) for name, group in study.rated(outcome).groupby(by)["score"]}


def _arm_means(study: Study, outcome: str) -> Record:
    return {
        arm: float(np.mean([float(mean) for mean in means.values()]))
        for arm, means in study.arm_means(outcome).items()
    }


def _paired_t(study: Study, outcome: str) -> Record:
    t = location.paired_t(*study.steps(outcome))
    test = {"t": t.statistic, "df": t.df, "p": t.p_two_sided, "ci95": t.interval}
    return {"mean": t.mean, "sd": t.sd, **test}


def _signed_rank(study: Study, outcome: str) -> Record:
    steps, _ = study.steps(outcome)
    dropped, ranked = signed_rank(steps, "wilcoxon"), signed_rank(steps, "pratt")
    return {
        "n_zero": ranked.n_zero,
        "V_wilcoxon": dropped.positive,
        "p_exact_wilcoxon": dropped.p_two_sided,
        "V_pratt": ranked.positive,
        "p_exact_pratt": ranked.p_two_sided,
        "p_asymptotic_cc_wilcoxon": signed_rank_normal(steps, "wilcoxon", correction=True).p_two_sided,
    }


def _hodges_lehmann(study: Study, outcome: str) -> Record:
    wide, narrow = (location.hodges_lehmann(*study.steps(outcome), level) for level in (0.95, 0.9))
    return {"estimate": wide.estimate, "ci95": wide.interval, "ci90": narrow.interval}


def _sign_test(study: Study, outcome: str) -> Record:
    test = location.sign_test(study.steps(outcome)[0])
    return {"pos": test.positive, "neg": test.negative, "zero": test.zero, "p": test.p_two_sided}


def _permutation(study: Study, outcome: str) -> Record:
    test = sign_flip(*study.steps(outcome))
    return {"p_two_sided": test.p_two_sided, "p_greater": test.p_greater, "p_less": test.p_less}


def _effect_sizes(study: Study, outcome: str) -> Record:
    steps, _ = study.steps(outcome)
    dz = effect_size.cohen_dz(steps)
    return {
        "dz": dz.estimate,
        "dz_ci95": dz.interval,
        "rank_biserial_wilcoxon": effect_size.rank_biserial(steps).estimate,
        "prob_superiority": effect_size.probability_of_superiority(steps).estimate,
        "cliffs_dw": effect_size.paired_dominance(steps).estimate,
    }


def _equivalence(study: Study, outcome: str) -> Record:
    steps, denominator = study.steps(outcome)
    low, high = study.region
    bound = study.noninferiority_bound
    t = equivalence.equivalence_t(steps, denominator, low, high, alpha=ALPHA)
    shifted = signed_rank(equivalence.shifted(steps, denominator, bound), "pratt")
    ranks = equivalence.equivalence_signed_rank(steps, denominator, low, high, zeros="pratt")
    return {
        "p_lower": t.p_lower,
        "p_upper": t.p_upper,
        "p_tost": t.p,
        "ci90": t.interval,
        "equivalent": t.equivalent,
        "p_noninferiority_t": equivalence.noninferiority_t(steps, denominator, bound).p,
        "p_noninferiority_wilcoxon_exact_pratt": shifted.p_greater,
        "p_tost_wilcoxon_exact_pratt": ranks.p,
    }


def _bootstrap(study: Study, outcome: str) -> Record:
    return bootstrap.vignette_bootstrap(np.array([float(d) for d in study.differences(outcome)]))


def _exact_bootstrap(study: Study, outcome: str) -> Record:
    steps, denominator = study.steps(outcome)
    return bootstrap.exact_vignette_bootstrap(steps / denominator, denominator)


def _responder_pairs(study: Study, outcome: str) -> list[Record]:
    blocks = study.blocks(outcome).to_numpy(float)
    compared = {
        "nemenyi_p": {(p.first, p.second): p for p in nemenyi(blocks)},
        "conover_holm_p": {(p.first, p.second): p for p in conover(blocks, "holm")},
    }
    pairs = list(combinations(range(len(study.responders)), 2))
    names = [(study.responders[i], study.responders[j]) for i, j in pairs]
    differences = [study.pair(outcome, *pair) for pair in names]
    p = [signed_rank(whole_steps(d)[0], "pratt").p_two_sided for d in differences]
    holm = adjust([np.nan if value is None else value for value in p], "holm").adjusted
    return [
        {
            "pair": f"{names[i][0]} - {names[i][1]}",
            "mean_diff": float(sum(differences[i]) / len(differences[i])) if differences[i] else None,
            **{name: found[pair].p_adjusted for name, found in compared.items()},
            "signed_rank_exact_pratt_p": p[i],
            "signed_rank_holm_p": holm[i],
        }
        for i, pair in enumerate(pairs)
    ]


def _multiplicity(study: Study) -> list[Record]:
    def p_value(outcome: str) -> float:
        found = signed_rank(study.steps(outcome)[0], "pratt").p_two_sided
        return np.nan if found is None else found

    p = [p_value(dimension) for dimension in study.dimensions]
    adjusted = {name: adjust(p, agreed).adjusted for name, agreed in ADJUSTMENTS.items()}
    gate = serial([[p_value(COMPOSITE)], p]).adjusted[1]
    return [
        {
            "dimension": dimension,
            "p": p[i],
            **{name: values[i] for name, values in adjusted.items()},
            "serial_gate_after_composite": gate[i],
        }
        for i, dimension in enumerate(study.dimensions)
    ]


def _mcnemar(study: Study) -> Record:
    arms = [
        study.majority[[name for name in study.responders if study.arm_of[name] == arm]].max(axis=1)
        for arm in study.sides
    ]
    both = pd.concat(arms, axis=1, keys=["first", "second"]).dropna().astype(bool)
    first, second = both["first"], both["second"]
    counts = [
        int(cell.sum()) for cell in (first & second, first & ~second, ~first & second, ~first & ~second)
    ]
    test = mcnemar_test((counts[0], counts[1], counts[2], counts[3]))
    only = {f"{arm}_only": count for arm, count in zip(study.sides, counts[1:3], strict=True)}
    return {"both": counts[0], "neither": counts[3], **only, "p_exact": test.p_exact, "p_midp": test.p_mid}


def _guess_counts(study: Study) -> pd.DataFrame:
    return blinding.guess_counts(study.ratings, study.right_guess, study.dont_know)


def _guess_table(study: Study) -> Record:
    counts = _guess_counts(study)
    rows = {str(guess): row.tolist() for guess, row in counts.iterrows()}
    return {**rows, "columns": list(counts.columns)}


def _bang(study: Study, arm: str) -> Record:
    counts = _guess_counts(study).to_numpy(float)
    return blinding.index_record(blinding.bang_of(counts, study.sides.index(arm)))


def _james(study: Study) -> Record:
    return blinding.index_record(blinding.james_index(_guess_counts(study).to_numpy(float)))


def _missing(study: Study) -> Record:
    columns = [*study.dimensions, CRITICAL, GUESS]
    return {column: int(study.ratings[column].isna().sum()) for column in columns}


def _patterns(study: Study) -> list[Pattern]:
    outcome = f"({'|'.join(map(re.escape, study.outcomes))})"
    arm = f"({'|'.join(map(re.escape, study.sides))})"
    return [
        ("n_rating_rows", lambda s: len(s.ratings)),
        ("n_missing", _missing),
        (f"{outcome}.vignette_differences", lambda s, o: [float(d) for d in s.differences(o)]),
        (f"{outcome}.descriptives_by_(arm|responder)_ratings", _descriptives),
        (f"{outcome}.arm_means_vignette_level", _arm_means),
        (f"{outcome}.paired_t", _paired_t),
        (f"{outcome}.signed_rank", _signed_rank),
        (f"{outcome}.hodges_lehmann", _hodges_lehmann),
        (f"{outcome}.sign_test", _sign_test),
        (f"{outcome}.permutation_mean", _permutation),
        (f"{outcome}.effect_sizes", _effect_sizes),
        (f"{outcome}.equivalence", _equivalence),
        (f"{outcome}.bootstrap_vignette", _bootstrap),
        (f"{outcome}.bootstrap_vignette.exact", _exact_bootstrap),
        (f"{outcome}.friedman", lambda s, o: friedman_record(s.blocks(o))),
        (f"{outcome}.responder_pairs", _responder_pairs),
        ("multiplicity.dimensions_exact_pratt", _multiplicity),
        ("critical_error.counts", lambda s: s.majority.sum().to_dict()),
        ("critical_error.cochran_q", lambda s: cochran_record(s.majority)),
        ("critical_error.mcnemar_any_in_arm", _mcnemar),
        ("blinding.table", _guess_table),
        ("blinding.james", _james),
        (f"blinding.bang_{arm}", _bang),
        (
            "blinding.bang_by_rater",
            lambda s: blinding.rater_records(s.ratings, s.right_guess),
        ),
    ]


def _agreement(case: Case, study: Study) -> dict[str, Callable[[], Any]]:
    found = {}
    for column in [*study.dimensions, CRITICAL]:
        prefix = f"{column}.agreement."
        if any(key.startswith(prefix) for key in case.expected):
            known = agreement.table_answers(study.responses_by_raters(column), study.raters, case, prefix)
            found |= {prefix + key: answer for key, answer in known.items()}
    return found


def answers(case: Case) -> Mapping[str, Callable[[], Any]]:
    """A thunk for every key that a method answers."""
    study = read_study(case)
    return {
        **_agreement(case, study),
        **model_answers(case, study),
        **matched(case, _patterns(study), study),
    }
