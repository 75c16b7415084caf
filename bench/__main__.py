"""Times of the statistics beside R's: ``python -m bench``. One BLAS thread, as the analysis runs."""

import argparse
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # it must be set before numpy loads

from collections.abc import Callable, Iterator

from bench import growth, pieces, studies
from bench.timing import apart, clock, seconds

Line = tuple[str, str, str, str]
INCOMPLETE = 20
GOALS = {"linear": "5 s, 1 GB", "ordinal": "10 s"}
LARGE = {
    "linear": "LMM, 73,000 rows, 3,000 × 1,100 levels",
    "ordinal": "CLMM, 33,000 rows, 500 × 6 × 40 levels",
}


def beside_r() -> Iterator[Line]:
    """One line per piece of work that R does, too."""
    for piece in pieces.pieces():
        ours = seconds(piece.ours)
        theirs, source = piece.reference.seconds()
        if theirs is None:
            yield piece.name, clock(ours), "-", source
        elif not piece.alike:
            yield piece.name, clock(ours), clock(theirs), f"different work, R {source}"
        else:
            yield piece.name, clock(ours), clock(theirs), f"{theirs / ours:.3g} times, R {source}"


def large() -> Iterator[Line]:
    """The large fits, each in its own process."""
    for name, label in LARGE.items():
        found = apart("bench.large", name)
        yield label, clock(found["seconds"]), "", f"{found['bytes'] / 1e6:.0f} MB at most; goal {GOALS[name]}"


def whole() -> Iterator[Line]:
    """Whole studies."""
    thousand = seconds(studies.simulated_thousand())
    yield "1,000 simulated studies, primary, one thread", clock(thousand), "", "goal 2 s"
    rate = INCOMPLETE / seconds(studies.incomplete(INCOMPLETE))
    yield "simulated studies with missing scores", f"{rate:.3g}/s", "", f"{16 * rate:.3g} REML tests a second"
    yield "the whole plan of a 30-vignette study", clock(seconds(studies.whole_plan())), "", "goal 5 s"


def growing() -> Iterator[tuple[str, ...]]:
    """Times over the numbers of ratings, and the last factor of ten."""
    by_size = [growth.work(ratings) for ratings in growth.RATINGS]
    for name in by_size[0]:
        times = [seconds(work[name], rounds=3) for work in by_size]
        yield name, *(clock(time) for time in times), f"× {times[-1] / times[-2]:.3g}"


def _print(header: tuple[str, ...], lines: Iterator[tuple[str, ...]]) -> None:
    print(f"{header[0]:48}" + "".join(f"{cell:>11}" for cell in header[1:-1]) + f"   {header[-1]}")
    for line in lines:
        row = f"{line[0]:48}" + "".join(f"{cell:>11}" for cell in line[1:-1]) + f"   {line[-1]}"
        print(row.rstrip(), flush=True)
    print()


SECTIONS: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[tuple[str, ...]]]]] = {
    "r": (("beside R", "ours", "R", "R / ours"), beside_r),
    "large": (("large fits, one process each", "ours", "", ""), large),
    "studies": (("whole studies", "ours", "", ""), whole),
    "growth": (("growth over ratings", *(f"{n:,}" for n in growth.RATINGS), "last tenfold"), growing),
}


def main() -> int:
    """Print the chosen sections, all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--section", choices=SECTIONS, help="time this part only")
    chosen = parser.parse_args().section
    for name in [chosen] if chosen else SECTIONS:
        header, lines = SECTIONS[name]
        _print(header, lines())
    return 0


if __name__ == "__main__":
    sys.exit(main())
