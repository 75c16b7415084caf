"""A progress bar on a terminal; silent elsewhere."""

import time
from typing import TextIO

WIDTH, EVERY_S = 30, 0.1


class Progress:
    """Draws studies done, their rate and the time left; nothing when the stream is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.shown = stream, stream.isatty()
        self.started = time.monotonic()
        self.drawn, self.before = 0.0, 0

    def __call__(self, done: int, total: int) -> None:
        """Draw the bar, at most ten times a second and always at the end."""
        if not self.shown:
            return
        now = time.monotonic()
        if done < self.before:  # a new round of designs
            self.started = now
        self.before = done
        if now - self.drawn < EVERY_S and done < total:
            return
        self.drawn = now
        rate = done / max(now - self.started, 1e-9)
        bar = "#" * (WIDTH * done // total)
        text = f"{done}/{total} studies, {rate:.3g} a second, {(total - done) / rate:.0f} s left"
        self.stream.write(f"\r[{bar:<{WIDTH}}] {text}\x1b[K")
        if done == total:
            self.stream.write("\r\x1b[K")
        self.stream.flush()
