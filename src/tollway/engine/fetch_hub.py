"""Fetching weights from a model hub through huggingface-hub, which resumes and checks by itself."""

import re
from pathlib import Path
from typing import Any

from tollway.engine.errors import WeightsError
from tollway.engine.files import partial_folder, require_gguf
from tollway.engine.progress import Progress

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_SOURCE = re.compile(rf"(?P<repository>{_NAME}/{_NAME})/(?P<path>(?:{_NAME}/)*{_NAME}\.gguf)")


def parse_source(source: str) -> tuple[str, str]:
    """Split ``owner/repository/file.gguf`` into the repository and the file's path in it.

    Raises:
        WeightsError: it does not have this form.
    """
    found = _SOURCE.fullmatch(source)
    if found is None:
        raise WeightsError(f"{source!r} does not name a file on a hub; write hub:owner/repository/file.gguf.")
    return found["repository"], found["path"]


def fetch(source: str, folder: Path, progress: Progress) -> Path:
    """Fetch ``owner/repository/file.gguf`` into ``folder``; an interrupted download goes on where it ended.

    The hub's address and a token for gated files come from huggingface-hub's own environment variables.

    Raises:
        WeightsError: the source is malformed, not there, or the hub cannot be reached.
    """
    repository, path = parse_source(source)
    # Slow to import, and needed by this command alone.
    from huggingface_hub import hf_hub_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

    partial = partial_folder(folder) / "hub" / repository
    try:
        fetched = Path(hf_hub_download(repository, path, local_dir=partial, tqdm_class=_bar_class(progress)))
    except LocalEntryNotFoundError as error:
        raise WeightsError(
            f"The hub cannot be reached to fetch {source}. Without network access, name a GGUF file that is here: "
            "`tollway model pull path/to/file.gguf`."
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise WeightsError(f"The hub does not give {source}: {str(error).splitlines()[0]}") from error
    require_gguf(fetched)
    target = folder / Path(path).name
    fetched.replace(target)
    return target


def _bar_class(progress: Progress) -> Any:  # noqa: ANN401 - a class made at run time, of a library without types
    """Make the progress bar class that the library asks for, which hands its counts on instead of drawing."""
    from huggingface_hub.utils.tqdm import tqdm  # noqa: PLC0415

    class Bar(tqdm):  # type: ignore[misc, unused-ignore]
        """Counts bytes for our own callback."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - tqdm's own parameters
            kwargs["disable"] = True
            super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call, unused-ignore]
            self._done_bytes = int(kwargs.get("initial") or 0)
            self._total_bytes = int(kwargs.get("total") or 0)

        def update(self, n: float | None = 1) -> None:
            """Report the bytes that came."""
            self._done_bytes += int(n or 0)
            progress(self._done_bytes, max(self._total_bytes, self._done_bytes))

    return Bar
