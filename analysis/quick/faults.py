"""Faults of a design that forbid a claim word, each with its kind and a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.decision import NOT_ESTIMABLE, describe, interval_word
from analysis.estimate import MeanTest
from analysis.quick import options as setting
from analysis.quick.options import Options
from analysis.quick.pairs import BLOCK_VIGNETTE, Pair

NO_PAIR = "no rater scored both sides of a vignette"
NO_SCORE = "there is no score"
NO_TEST = "no test"
UNMATCHED_KIND = "unmatched"
KINDS = {
    "few raters": f"fewer than {setting.MINIMUM_RATERS} raters",
    "one rater per cell": (
        "one rater per cell, so what is the rater's preference cannot be told from what is the answer's"
    ),
    UNMATCHED_KIND: "most vignettes with both sides have no rater who scored both",
    "one responder": (
        "one responder answers everything for the second arm, so responder effects cannot be estimated "
        "(--fixed-responders makes the claim one about the named responders only)"
    ),
    "few responders": f"fewer than {setting.MINIMUM_RESPONDERS} responders on a side",
    "few blocks": f"fewer than {setting.MINIMUM_BLOCKS} vignettes",
    "no pair": NO_PAIR,
    NO_TEST: "the rows allow no test (the report says why)",
}


@dataclass(frozen=True)
class Fault:
    """Why a comparison may not carry a claim word: a key of `KINDS`, and the sentence with its figures."""

    kind: str
    sentence: str


def _lone_responder(pair: Pair) -> str:
    way_out = "--fixed-responders makes the claim one about the named responders only"
    if pair.second is None:
        return f"{pair.first.name} names one responder, so responder effects cannot be estimated ({way_out})"
    return (
        f"one responder answers everything for {pair.second.name}, so what is the responder's cannot be told "
        f"from what is the arm's ({way_out})"
    )


def _responder_faults(pair: Pair, n: Mapping[str, Any], options: Options) -> list[Fault]:
    if options.fixed_responders:
        return []
    least, faults = setting.MINIMUM_RESPONDERS, []
    sides = [(pair.block_side.name, n["second_responders"])]
    if n["second_responders"] == 1:
        faults.append(Fault("one responder", _lone_responder(pair)))
        sides = []
    if pair.second is not None and n["first_responders"] > 1:
        sides.append((pair.first.name, n["first_responders"]))
    like = f"at least {least} are needed to speak of responders like these"
    few = [f"{count} responders in {name}; {like}" for name, count in sides if count < least]
    return faults + [Fault("few responders", sentence) for sentence in few]


def _rater_faults(n: Mapping[str, Any]) -> list[Fault]:
    faults = []
    if n["raters"] < setting.MINIMUM_RATERS:
        only = "1 rater" if n["raters"] == 1 else f"{n['raters']} raters"
        needed = f"at least {setting.MINIMUM_RATERS} are needed to speak of raters like these"
        faults.append(Fault("few raters", f"{only}; {needed}"))
    if n["raters_per_pair"] < setting.MINIMUM_RATERS_PER_RESPONSE:
        faults.append(Fault("one rater per cell", KINDS["one rater per cell"]))
    if n["vignettes"] < setting.MATCHED_SHARE * n["vignettes_with_both"]:
        share = f"only {n['vignettes']} of {n['vignettes_with_both']} vignettes with both sides"
        faults.append(Fault(UNMATCHED_KIND, f"{share} have a rater who scored both"))
    return faults


def faults_of(pair: Pair, n: Mapping[str, Any], block: str, options: Options) -> list[Fault]:
    """Why a comparison may not carry a claim word.

    Parameters
    ----------
    pair : Pair
    n : mapping
        From `analysis.quick.comparison.counts_of`.
    block : str
        From `analysis.quick.pairs.block_kind`.
    options : Options
    """
    if n["differences"] == 0:
        return [Fault("no pair", NO_PAIR if pair.second else NO_SCORE)]
    faults = [*_rater_faults(n), *_responder_faults(pair, n, options)]
    if block == BLOCK_VIGNETTE and n["vignettes"] < setting.MINIMUM_BLOCKS:
        needed = f"at least {setting.MINIMUM_BLOCKS} blocks are needed"
        faults.append(Fault("few blocks", f"{n['vignettes']} vignettes; {needed}"))
    return faults


def with_reason(test: MeanTest, faults: Sequence[Fault]) -> list[Fault]:
    """The faults, headed by the reason why there is no test, if there is one that they do not say."""
    said = {fault.sentence for fault in faults}
    return [*([Fault(NO_TEST, test.reason)] if test.reason and test.reason not in said else []), *faults]


def word_of(test: MeanTest, faults: Sequence[Fault], options: Options) -> str:
    """A claim word, or "not estimable" with the reasons."""
    if faults:
        return f"{NOT_ESTIMABLE}, because {'; '.join(fault.sentence for fault in faults)}"
    word = interval_word(test, margin=options.margin, equivalence_alpha=setting.EQUIVALENCE_ALPHA)
    return describe(word, options.margin)
