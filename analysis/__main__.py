"""Command line of the analysis; needs no Django."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.checking import shown
from analysis.dataset import DatasetError, load_dataset
from analysis.plan import PlanError, default_plan
from analysis.plan_template import plan_template
from analysis.power import command as power
from analysis.quick import command as quick
from analysis.run import RESULTS_FILE, run

BAD_INPUT = 2
LINE = 1000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis", description="Analyse a frozen Equipoise dataset."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    execute = commands.add_parser("run", help="run a plan on a dataset and write results.json and tables")
    for name in ("dataset", "plan", "out"):
        execute.add_argument(name, type=Path)
    template = commands.add_parser("plan-template", help="print the default plan")
    template.add_argument("models", nargs="*", help="arm names of the models, the lead model first")
    validate = commands.add_parser("validate", help="check a dataset folder against its manifest and form")
    validate.add_argument("dataset", type=Path)
    power.add_parser(commands)
    quick.add_parser(commands)
    return parser


def _run(arguments: argparse.Namespace) -> None:
    results = run(arguments.dataset, arguments.plan, arguments.out)
    for claim in results["claims"]:
        print(f"{claim['sentence']} [{claim['role']}]")
    for fault in results["faults"]:
        print(f"fault: {fault}")
    print(arguments.out / RESULTS_FILE)


def _validate(folder: Path) -> None:
    dataset = load_dataset(folder)
    state = "unblinded" if dataset.unblinded else "arm codes only"
    print(f"{folder}: valid, {len(dataset.ratings)} scores, {len(dataset.responses)} responses, {state}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 2 for bad input with one line that says what is wrong."""
    parsed = _parser().parse_args(arguments)
    try:
        if parsed.command == "run":
            _run(parsed)
        elif parsed.command == "validate":
            _validate(parsed.dataset)
        elif parsed.command == "power":
            return power.execute(parsed)
        elif parsed.command == "quick":
            return quick.execute(parsed)
        else:
            print(plan_template(default_plan(parsed.models or ["model-1"])), end="")
    except DatasetError as error:
        print(f"dataset: {shown(str(error), LINE)}", file=sys.stderr)
        return BAD_INPUT
    except PlanError as error:
        print(f"plan: {shown(str(error), LINE)}", file=sys.stderr)
        return BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
