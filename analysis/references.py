"""Whether the tables of a dataset agree with each other."""

from collections.abc import Mapping

import pandas as pd

from analysis.schema import SCORED

Frames = Mapping[str, pd.DataFrame]


class DatasetError(ValueError):
    """A dataset that must not be analysed; the message names the file and what is wrong."""


def _check_arms(name: str, frame: pd.DataFrame, arm_of: Mapping[str, str]) -> None:
    for responder, arm in frame[["responder", "arm"]].drop_duplicates().itertuples(index=False):
        if arm_of.get(responder) != arm:
            raise DatasetError(
                f"{name}.csv: responder {responder} in arm {arm} disagrees with responders.csv"
            )


def _check_authors(name: str, frame: pd.DataFrame, author: Mapping[str, str]) -> None:
    for response, responder in frame[["response", "responder"]].drop_duplicates().itertuples(index=False):
        if author.get(response) != responder:
            raise DatasetError(f"{name}.csv: response {response} disagrees with responses.csv")


def _check_judgements(frames: Frames) -> None:
    judgements = frames["judgements"]
    for judge in sorted(set(judgements["judge"]) - set(frames["judges"]["judge"])):
        raise DatasetError(f"judgements.csv: judge {judge} is not in judges.csv")
    odd = judgements["score"].notna() != (judgements["outcome"] == SCORED)
    if odd.any():
        row = judgements[odd].iloc[0]
        raise DatasetError(
            f"judgements.csv: response {row['response']}, judge {row['judge']}, {row['dimension']}: "
            f"there must be a score if and only if the outcome is {SCORED}"
        )


def check_references(frames: Frames) -> None:
    """Compare the tables of a dataset, by table name.

    Raises
    ------
    DatasetError
        For a responder in another arm than responders.csv says, an unknown rater or judge, a response that
        stands twice or has another author than responses.csv says, or a score that does not fit its outcome.
    """
    arm_of = dict(zip(frames["responders"]["responder"], frames["responders"]["arm"], strict=True))
    raters = set(frames["raters"]["rater"])
    planned = frames["responses"]
    author = dict(zip(planned["response"], planned["responder"], strict=True))
    given = planned.loc[planned["response"] != "", "response"]
    if given.duplicated().any():
        raise DatasetError(f"responses.csv: response {given[given.duplicated()].iloc[0]} stands twice")
    _check_arms("responses", planned, arm_of)
    for name in ("ratings", "guesses", "harms", "judgements"):
        frame = frames[name]
        _check_arms(name, frame, arm_of)
        if "rater" in frame:
            for rater in sorted(set(frame["rater"]) - raters):
                raise DatasetError(f"{name}.csv: rater {rater} is not in raters.csv")
        _check_authors(name, frame, author)
    _check_judgements(frames)
