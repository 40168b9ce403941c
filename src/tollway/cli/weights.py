"""Fetching weights with a bar that shows how far it is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tollway.engine.errors import WeightsError
from tollway.engine.weights import WeightsEntry, WeightsStore
from tollway.kit.settings import Settings


def ensure_weights(settings: Settings) -> Path | None:
    """Return the weights that the engine starts with, fetched first where they are missing.

    Without them a server can still answer through its upstreams, so what is wrong is said and is no failure.
    """
    store = WeightsStore(settings.data_path)
    wanted = settings.engine.model
    try:
        if store.is_installed(wanted):
            return store.resolve(wanted)
        return Path(pull(store, store.active_name(wanted)).path)
    except WeightsError as error:
        print(f"tollway: the embedded engine stays off. {error.message}", file=sys.stderr)
        return None


def pull(store: WeightsStore, source: str | None) -> WeightsEntry:
    """Fetch weights, with a bar on standard error where somebody may watch.

    Raises:
        WeightsError: the source is unknown, cannot be reached, or does not give what it should.
    """
    if not sys.stderr.isatty():
        return store.pull(source)
    with _bar(source or "weights") as report:
        return store.pull(source, progress=report)


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("Fetching {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(name, total=None)

        def report(done_bytes: int, total_bytes: int) -> None:
            progress.update(task, completed=done_bytes, total=total_bytes or None)

        yield report
