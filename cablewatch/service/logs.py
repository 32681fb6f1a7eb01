"""Logs on standard error: lines for people, or a JSON object a line.

Whatever a line carries from a request, it stays one line and one field: text is shown as it would
be written in a program, and what looks like a key or a secret of ours is left out. Lines of
libraries pass the same way. ``request_id`` joins the lines of one request, from worker threads too.
"""

import logging
import re
import sys
from traceback import format_exception
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo

from cablewatch.output.text import printable
from cablewatch.service.settings import Settings

_SECRET = re.compile(r"\b(cw|whsec)_[\w+/=-]+")
_QUIET = ("asyncio", "httpx2", "uvicorn.error")  # tell at `info` what is told here already


def configure(settings: Settings) -> None:
    """Let all loggers of this process write as the settings say."""
    level = settings.log_level.upper()
    told: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _harmless,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=told,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_JSON if settings.log_format == "json" else _TEXT),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.getLevelName(level), logging.WARNING))


def about(**said: str) -> None:
    """Say this, and nothing else, with each line to the end of this task, and in its threads."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**said)


def _harmless(_logger: Any, _method: str, said: EventDict) -> EventDict:
    """Leave secrets out, and of the message what would move a cursor or begin another line."""
    for name, value in said.items():
        if isinstance(value, str):
            said[name] = _without_secrets(value)
    said["event"] = printable(str(said["event"]).rstrip("\n"))
    return said


def _without_secrets(text: str) -> str:
    return _SECRET.sub(r"\1_...", text)


def _traceback(out: TextIO, found: ExcInfo) -> None:
    """A traceback below its line, indented so that no line of it passes for another."""
    text = _without_secrets("".join(format_exception(*found)))
    out.write("".join(f"\n    {printable(line)}" for line in text.splitlines()))


_JSON = (
    structlog.processors.format_exc_info,
    _harmless,  # the traceback as well
    structlog.processors.JSONRenderer(),
)
_TEXT = (
    structlog.dev.ConsoleRenderer(
        colors=False,
        pad_event_to=0,
        pad_level=False,
        repr_native_str=True,
        exception_formatter=_traceback,
    ),
)
