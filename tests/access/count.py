"""`python -m tests.access.count`: how many cells the table of access has, without asking any of them."""

import sys
from collections import Counter

from tests.access.cells import IDENTITIES, cells, declared


def main() -> None:
    found = Counter(cell.verb for cell in cells())
    told = ", ".join(f"{number} {verb}" for verb, number in found.most_common())
    sys.stdout.write(
        f"{found.total()} cells: {len(declared())} URLs, {len(IDENTITIES)} identities ({told})\n"
    )


if __name__ == "__main__":
    main()
