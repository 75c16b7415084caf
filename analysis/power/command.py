"""``python -m analysis power DESIGN``: power and type-I error of a design by simulation."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.canonical import to_json
from analysis.checking import PlanError
from analysis.power.blocks import Map
from analysis.power.design_file import TEMPLATE, load_design
from analysis.power.progress import Progress
from analysis.power.results import simulate_power
from analysis.power.text import AXES, claims_csv, curve_csv, terminal
from analysis.power.workers import cores, processes

BAD_INPUT = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that every front end of the planner shares."""
    parser.add_argument("design", type=Path, nargs="?", help="design file, YAML or JSON")
    parser.add_argument("--template", action="store_true", help="print a design file with comments")
    parser.add_argument("--out", type=Path, help="folder for power.json, claims.csv, curve.csv and curve.svg")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("power", help="simulate a design: power and type-I error of each claim")
    add_arguments(parser)
    parser.add_argument("--workers", type=int, default=cores(), help="processes; all cores by default")


def write(results: Mapping[str, Any], folder: Path) -> None:
    """Write the results' files to a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"power.json": to_json(results), "claims.csv": claims_csv(results)}
    if results["curve"]:
        # The figure needs matplotlib, which costs a second.
        from analysis.power.figure import curve_svg  # noqa: PLC0415

        files |= {"curve.csv": curve_csv(results), "curve.svg": curve_svg(results, AXES)}
    for name, content in files.items():
        (folder / name).write_bytes(content.encode("utf-8"))


def report(arguments: argparse.Namespace, mapper: Map) -> str:
    """Run the command with this map and return what it prints.

    Raises
    ------
    PlanError
        If there is no usable design file.
    """
    if arguments.template:
        return TEMPLATE
    if arguments.design is None:
        raise PlanError("", "no file is given; --template prints one")
    results = simulate_power(load_design(arguments.design), mapper, Progress(sys.stderr))
    if arguments.out:
        write(results, arguments.out)
    return to_json(results) if arguments.json else terminal(results)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; the exit status is 0, or 2 for a bad design with one line that says what is wrong."""
    try:
        sys.stdout.write(report(arguments, processes(arguments.workers)))
    except PlanError as error:
        sys.stderr.write(f"design: {error.path or 'file'}: {error.problem}\n")
        return BAD_INPUT
    return 0
