"""The record of one pair of arms on one dimension."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.decision import NOT_ESTIMABLE
from analysis.differences import Differences
from analysis.estimate import MeanTest
from analysis.quick.beside import beside, responder_means
from analysis.quick.comparison import counts_of, primary_test, test_record, unmatched_test
from analysis.quick.faults import UNMATCHED_KIND, Fault, faults_of, with_reason, word_of
from analysis.quick.naive import influence_sentences, leave_one_rater_out, naive_sentence, naive_tests
from analysis.quick.options import Options
from analysis.quick.pairs import Pair, block_kind, differences_of
from analysis.quick.ratings import Ratings
from analysis.quick.table import Table, closed_form, table_of

Record = dict[str, Any]
NOTHING: Record = {
    "complete_blocks": None,
    "beside": None,
    "naive": None,
    "naive_sentence": "",
    "responders": [],
    "raters": [],
    "influence": [],
}


def _population(pair: Pair, n: Mapping[str, int], word: str, options: Options) -> str:
    """Whom the word of one comparison speaks of."""
    if word.startswith(NOT_ESTIMABLE):
        return "speaks of these raters, vignettes and responders only"
    if options.fixed_responders:
        return "speaks of raters and vignettes like these, and of the named responders only"
    text = (
        f"speaks of raters and vignettes like these, and of responders like those of {pair.block_side.name}"
    )
    if pair.second is None:
        return text
    if n["first_responders"] > 1:
        return f"{text} and of {pair.first.name}"
    return f"{text}; of {pair.first.name} it speaks of its one responder only"


def _complete_record(table: Table, options: Options) -> Record:
    test, used = closed_form(table, options)
    return {**test_record(test), "blocks_used": used, "blocks": len(table.counts)}


def _named(records: list[Record], role: str, ratings: Ratings) -> list[Record]:
    """Records with the names of the file in place of the codes."""
    return [{**record, role: ratings.names[role][record[role]]} for record in records]


def _around(
    differences: Differences, table: Table, test: MeanTest, ratings: Ratings, options: Options
) -> Record:
    """Everything about the differences that does not decide."""
    naive = naive_tests(differences)
    raters = _named(leave_one_rater_out(differences, table, options), "rater", ratings)
    return {
        "complete_blocks": _complete_record(table, options),
        "beside": beside(differences, ratings.denominator, options),
        "naive": naive,
        "naive_sentence": naive_sentence(naive, test),
        "responders": _named(responder_means(differences), "responder", ratings),
        "raters": raters,
        "influence": influence_sentences(raters),
    }


def _tested(
    pair: Pair,
    scores: pd.DataFrame,
    differences: Differences,
    faults: list[Fault],
    fits: int,
    options: Options,
) -> tuple[MeanTest, Table | None]:
    """The test, and the table of differences if there are any."""
    table = table_of(differences, options) if len(differences) else None
    if table is None or any(fault.kind == UNMATCHED_KIND for fault in faults):
        return unmatched_test(pair, scores, fits, options), table
    return primary_test(pair, scores, differences, table, fits, options), table


def comparison_record(pair: Pair, dimension: str, ratings: Ratings, fits: int, options: Options) -> Record:
    """Everything about one pair of arms on one dimension; `fits` is how many such records there are."""
    scores: pd.DataFrame = ratings.frame[ratings.frame["dimension"] == dimension]
    differences = differences_of(pair, scores)
    n, block = counts_of(pair, scores, differences), block_kind(differences, options)
    faults = faults_of(pair, n, block, options)
    test, table = _tested(pair, scores, differences, faults, fits, options)
    faults = with_reason(test, faults)
    word = word_of(test, faults, options)
    around = NOTHING if table is None else _around(differences, table, test, ratings, options)
    return {
        "dimension": dimension,
        "title": pair.title,
        "first": pair.first.name,
        "second": pair.second.name if pair.second else None,
        "n": n,
        "block": block,
        "margin": options.margin,
        "faults": [{"kind": fault.kind, "sentence": fault.sentence} for fault in faults],
        "word": word,
        "population": _population(pair, n, word, options),
        "primary": test_record(test),
        **around,
    }
