"""Files that have their name once they are whole."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cablewatch.errors import UsageError
from cablewatch.places import Place


@contextmanager
def whole(output: Path, inputs: Sequence[Place]) -> Iterator[Path]:
    """A path to write to, which becomes `output` at the end if there is a file then.

    Whatever happens before leaves `output` as it was, and nothing beside it.

    Raises
    ------
    UsageError
        `output` is one of the `inputs` or a folder, or cannot be written.
    """
    if output.is_dir():
        raise UsageError(str(output), "is a folder", "name a file")
    if output.exists() and any(isinstance(path, Path) and path.samefile(output) for path in inputs):
        raise UsageError(str(output), "is one of the inputs", "choose another file")
    unfinished = output.with_name(output.name + ".tmp")
    try:
        yield unfinished
        if unfinished.exists():
            os.replace(unfinished, output)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(
            str(output), f"cannot be written ({why})", "choose another file, or free some space"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
