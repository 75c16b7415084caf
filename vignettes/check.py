"""``python -m vignettes.check [DIRECTORY]``: every problem of the bank files, or what the bank holds."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from vignettes.schema import BankError, VignetteContent, load_directory
from vignettes.structure import APINCH

CONTENT = Path(__file__).resolve().parent / "content"


def statistics(contents: Sequence[VignetteContent]) -> Iterator[str]:
    """Lines that say what a bank holds: key points, verification, strata, lengths."""
    points = [point for content in contents for point in content.key_points]
    checked = Counter(point.verification for point in points)
    critical = sum(point.critical for point in points)
    words = sorted(len(content.scenario.split()) for content in contents)
    yield f"key points: {len(points)}, critical: {critical}"
    yield "verification: " + _counts(checked)
    yield "A-PINCH: " + ", ".join(
        f"{letter} {sum(letter in content.strata.apinch for content in contents)}" for letter in APINCH
    )
    yield "settings: " + _counts(content.strata.setting for content in contents)
    yield "difficulty: " + _counts(str(content.difficulty) for content in contents)
    yield "traps: " + _counts(content.trap.kind for content in contents)
    yield f"common errors: {sum(len(content.common_errors) for content in contents)}"
    yield f"calculations: {sum(len(content.calculations) for content in contents)}"
    yield "variants: " + _counts(variant.kind for content in contents for variant in content.variants)
    yield f"scenario words: {words[0]} to {words[-1]}"


def main(arguments: Sequence[str]) -> int:
    """Print problems to standard error (exit 1) or the statistics (exit 0); exit 2 for a wrong call."""
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        print("usage: python -m vignettes.check [DIRECTORY]", file=sys.stderr)
        return 2
    directory = Path(arguments[0]) if arguments else CONTENT
    try:
        contents = load_directory(directory)
    except BankError as error:
        print(error, file=sys.stderr)
        print(f"{len(error.problems)} problems", file=sys.stderr)
        return 1
    print(f"{len(contents)} vignettes, 0 problems")
    for line in statistics(contents):
        print(line)
    return 0


def _counts(words: Iterable[str]) -> str:
    counter = words if isinstance(words, Counter) else Counter(words)
    return ", ".join(f"{word} {count}" for word, count in sorted(counter.items()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
