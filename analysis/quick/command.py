"""The command ``quick``: one file of ratings in, a summary, a report and canonical results out."""

import argparse
import sys
from pathlib import Path

from analysis.canonical import to_json
from analysis.quick.html import report
from analysis.quick.options import DEFAULT_SCALE, ROLES, Options, RatingsError
from analysis.quick.ratings import load_ratings
from analysis.quick.study import analyse_ratings
from analysis.quick.terminal import summary

BAD_INPUT = 2
REPORT_FILE = "report.html"
RESULTS_FILE = "results.json"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser of commands."""
    parser = subparsers.add_parser("quick", help="analyse any long file of ratings")
    parser.add_argument("ratings", type=Path, help="CSV or Parquet, one row per score")
    parser.add_argument("--out", type=Path, required=True, help="folder for report.html and results.json")
    for role in ROLES:
        parser.add_argument(f"--{role}", metavar="COLUMN", help=f"column of the {role}, if not {role!r}")
    low, high = DEFAULT_SCALE
    parser.add_argument(
        "--scale",
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        default=DEFAULT_SCALE,
        help=f"lowest and highest possible score (default {low:g} {high:g})",
    )
    parser.add_argument("--margin", type=float, help="margin in points (default an eighth of the scale)")
    parser.add_argument(
        "--occasion", metavar="COLUMN", default="", help="column that tells repeated ratings apart"
    )
    parser.add_argument("--lead", metavar="ARM", default="", help="arm that is always minuend")
    parser.add_argument("--reference", metavar="ARM", default="", help="arm that is always subtracted")
    parser.add_argument(
        "--paired-scores", action="store_true", help="scores already are differences; test them against 0"
    )
    parser.add_argument(
        "--fixed-responders", action="store_true", help="claim about the responders of the file only"
    )
    parser.add_argument("--seed", type=int, default=20260, help="of the resampling")
    parser.add_argument("--draws", type=int, default=9999, help="of the resampling (default 9999)")


def _options(arguments: argparse.Namespace) -> Options:
    low, high = arguments.scale
    return Options(
        columns={role: value for role in ROLES if (value := getattr(arguments, role))},
        scale=(low, high),
        given_margin=arguments.margin,
        occasion=arguments.occasion,
        paired=arguments.paired_scores,
        fixed_responders=arguments.fixed_responders,
        lead=arguments.lead,
        reference=arguments.reference,
        seed=arguments.seed,
        draws=arguments.draws,
    )


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content.encode("utf-8"))
    except OSError as error:
        raise RatingsError(f"{folder}: cannot be written ({error.strerror})") from error


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; 0, or 2 with one line on stderr and nothing written."""
    try:
        options = _options(arguments)
        results = analyse_ratings(load_ratings(arguments.ratings, options), options)
        _write(arguments.out, {REPORT_FILE: report(results), RESULTS_FILE: to_json(results)})
    except RatingsError as error:
        sys.stderr.write(f"quick: {' '.join(str(error).split())}\n")
        return BAD_INPUT
    sys.stdout.write(summary(results))
    sys.stdout.write(f"\n{arguments.out / REPORT_FILE}\n{arguments.out / RESULTS_FILE}\n")
    return 0
