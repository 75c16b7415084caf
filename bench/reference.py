"""R's time for a piece of work: live where Rscript and the packages are there, else the recorded one."""

import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

from tests.reference.cases import load_case

# Repeats until the clock can be trusted, as our own times do.
SCRIPT = """
suppressMessages({{ {libraries} }})
d <- read.csv("{table}")
work <- function() {{ {code} }}
invisible(work())
n <- 1
repeat {{
  t <- system.time(for (i in seq_len(n)) work())[["elapsed"]]
  if (t > 0.2 || n >= 1e5) break
  n <- n * 10
}}
cat(t / n)
"""


@dataclass(frozen=True)
class Reference:
    """The same work in R.

    Attributes
    ----------
    area, case : str
        The reference case whose table both read.
    recorded : tuple of str
        Beginnings of the names of the recorded times; their sum counts.
    code : str
        R expression over the data frame ``d``; empty if there is none.
    packages : tuple of str
    """

    area: str
    case: str
    recorded: tuple[str, ...]
    code: str = ""
    packages: tuple[str, ...] = ()

    def seconds(self) -> tuple[float | None, str]:
        """R's time and where it is from: "live", "recorded" or "not recorded"."""
        if self.code and _installed(self.packages):
            found = self._live()
            if found is not None:
                return found, "live"
        timings = load_case(self.area, self.case).content.get("timings") or []
        times = [
            next((t["median_wall_s"] for t in timings if t["what"].startswith(name)), None)
            for name in self.recorded
        ]
        known = [value for value in times if value is not None]
        return (sum(known), "recorded") if known and len(known) == len(times) else (None, "not recorded")

    def _live(self) -> float | None:
        table = load_case(self.area, self.case).path.with_suffix(".csv")
        libraries = "; ".join(f"library({name})" for name in self.packages)
        text = SCRIPT.format(libraries=libraries, table=table, code=self.code)
        done = subprocess.run(["Rscript", "-e", text], capture_output=True, text=True, check=False)  # noqa: S607  R is where the person put it
        return float(done.stdout) if done.returncode == 0 else None


@lru_cache
def _installed(packages: tuple[str, ...]) -> bool:
    """Whether Rscript is there with all of these packages."""
    if shutil.which("Rscript") is None:
        return False
    wanted = ", ".join(f'"{name}"' for name in packages)
    check = f"quit(status = !all(c({wanted}) %in% rownames(installed.packages())))"
    done = subprocess.run(["Rscript", "-e", check], capture_output=True, check=False)  # noqa: S607  as above
    return done.returncode == 0
