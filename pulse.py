"""A sign of life on stderr while a stage is at work: a live line on a terminal, otherwise a line every 30 seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LIVE_SECONDS, PLAIN_SECONDS = 1.0, 30.0


def named(stage: str) -> tuple[str, str]:
    """Return a stage's name, which fits its column, and before what is told of it: `protect:police` is of an agency."""
    name, _, agency = stage.partition(":")
    return name, f"{agency}: " if agency else ""


class Pulse:
    """Tells again and again, from a thread of its own, what is at work and for how long.

    Args:
        tell: prints one sign of life: (stage, text).
        every: seconds between two signs.
    """

    def __init__(self, tell: Callable[[str, str], None], every: float) -> None:
        self._tell, self._every = tell, every
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._now = ("", "", 0.0)

    def begin(self, stage: str, text: str) -> None:
        """Say which stage is at work from now on; the first one starts the thread."""
        self._now = (stage, text, time.monotonic())
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat, daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Fall silent."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self._every):
            stage, text, began = self._now
            name, agency = named(stage)
            self._tell(name, f"{agency}at work for {time.monotonic() - began:.0f} s   {text}".rstrip())
