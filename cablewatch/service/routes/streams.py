"""``/api/v1/stream``, ``/api/v1/replays/stream``: events as they are stored, and as they were."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

import anyio
import numpy as np
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from pydantic import BaseModel, Field

from cablewatch.errors import UsageError
from cablewatch.output.text import epoch_ms
from cablewatch.service.errors import problems
from cablewatch.service.folder import StoreFolder
from cablewatch.service.geojson import Strict
from cablewatch.service.http import HEAD
from cablewatch.service.parameters import Kinds, Time, bounds, known_parameters, span_ms
from cablewatch.service.routes import Folder
from cablewatch.service.schemas import Severity
from cablewatch.service.stream_schemas import REPLAYED, STORED, stream_schema
from cablewatch.service.streams.alerts import AlertFeed, Interest, Told
from cablewatch.service.streams.bell import Bell
from cablewatch.service.streams.frames import EventStream
from cablewatch.service.streams.live import Live
from cablewatch.service.streams.positions import Box, PositionFeed
from cablewatch.service.streams.replay import Chapter, Place, Replay
from cablewatch.service.streams.told import told
from cablewatch.stores.blocks import read_ships
from cablewatch.stores.compaction import BLOCK_MS

MAX_SPEED = 3600  # an hour a second


def _events(
    description: str, shapes: Mapping[type[Strict], Sequence[str]], example: str
) -> dict[int | str, dict[str, Any]]:
    content = {EventStream.media_type: {"schema": stream_schema(shapes), "example": example}}
    return {200: {"description": description, "content": content}}


STREAMED = """retry: 2000

event: alert.updated
data: {"seq":17,"at":"2024-11-17T10:00:02Z","version":2,"alert":{"type":"Feature"},"review":null}
id: 17

"""
TOLD_ANEW = """event: alert.raised
data: {"at":"2024-11-17T06:40:00Z","version":1,"alert":{"type":"Feature"}}
id: 1731825600000.1

event: positions
data: {"start":"2024-11-17T06:40:00Z","end":"2024-11-17T06:41:00Z","fixes":0}
id: 1731825660000.0

"""


@asynccontextmanager
async def _feeds(app: FastAPI) -> AsyncIterator[None]:
    """Read for the clients of streams until the service begins to end."""
    folder, bell = app.state.folder, Bell()
    alerts = AlertFeed(lambda: folder.changes.last(), partial(_after, folder), bell)
    app.state.live = Live(alerts, PositionFeed(folder.path, bell), bell)
    app.state.replay = Replay(bell)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(alerts.run)
        tasks.start_soon(app.state.live.positions.run)
        tasks.start_soon(_end, app.state.stopping, bell)
        yield
        bell.end()
        tasks.cancel_scope.cancel()


async def _end(stopping: asyncio.Event, bell: Bell) -> None:
    await stopping.wait()
    bell.end()


router = APIRouter(
    prefix="/api/v1", tags=["streams"], dependencies=[Depends(known_parameters)], lifespan=_feeds
)


class StreamQuery(BaseModel):
    """What may be asked of the stream."""

    kind: Kinds | None = Field(None, description="Of one of these kinds, with commas between.")
    severity: Severity | None = Field(None, description="Of at least this severity.")
    cable: str | None = Field(
        None, max_length=200, description="Id of a cable that was met or is next."
    )
    bbox: str | None = Field(
        None,
        max_length=200,
        description="Positions of ships in this box too: west,south,east,north in degrees; "
        "west > east crosses longitude 180.",
    )
    since: int | None = Field(
        None, ge=0, lt=1 << 62, description="Events after this number; only new ones if not given."
    )

    def interest(self) -> Interest:
        """Return what the client wants to hear of."""
        kinds = None if self.kind is None else frozenset(self.kind)
        return Interest(kinds, self.severity, self.cable)


@router.get(
    "/stream",
    operation_id="streamAlerts",
    summary="Alerts as they are raised, updated, closed and reviewed",
    response_class=EventStream,
    responses={
        **_events("Server-sent events, without end.", STORED, STREAMED),
        **problems(422, 503),
    },
)
async def stream(
    request: Request,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        int | None,
        Header(
            alias="Last-Event-ID",
            ge=0,
            lt=1 << 62,
            description="Number of the last event seen, as browsers say it when they come back; "
            "counts more than `since`.",
        ),
    ] = None,
) -> Response:
    """Tell of alerts in the order they are stored, each event once, with its number as `id`."""
    live: Live = request.app.state.live
    interest = query.interest()
    box = None if query.bbox is None else bounds(query.bbox)
    seq = await live.alerts.begin(query.since if last_event_id is None else last_event_id)
    if request.scope.get(HEAD):
        return Response(media_type=EventStream.media_type)
    return EventStream(live.heard(seq, interest, box))


class ReplayQuery(BaseModel):
    """What may be asked of a replay."""

    start: Time = Field(alias="from", description="Start; RFC 3339.")
    end: Time = Field(alias="to", description="End, not included; RFC 3339.")
    speed: float = Field(
        60, gt=0, le=MAX_SPEED, allow_inf_nan=False, description="Seconds replayed in one."
    )
    bbox: str | None = Field(
        None,
        max_length=200,
        description="Positions in this box alone: west,south,east,north in degrees; west > east "
        "crosses longitude 180.",
    )


@router.get(
    "/replays/stream",
    operation_id="streamReplay",
    summary="A time as it was, made shorter",
    response_class=EventStream,
    responses={
        **_events("Server-sent events, up to the event `end`.", REPLAYED, TOLD_ANEW),
        204: {"description": "The client has seen the end; it need not come back."},
        **problems(422, 503),
    },
)
def stream_replay(
    request: Request,
    folder: Folder,
    query: Annotated[ReplayQuery, Query()],
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            pattern=r"^\d{1,15}\.\d{1,9}$",
            description="Number of the last event seen, as browsers say it when they come back.",
        ),
    ] = None,
) -> Response:
    """Tell of alerts as they stood then, and of positions, each second of the clock on the wall."""
    span_ms(query.start, query.end)
    start_ms, end_ms = epoch_ms(query.start), epoch_ms(query.end)
    place = _place(last_event_id, start_ms)
    if last_event_id is not None and place.t_ms >= end_ms:
        return Response(status_code=204)
    box = None if query.bbox is None else bounds(query.bbox)
    origin = partial(folder.origin, folder.run())
    folder.changes.last()  # a store that cannot be read says so before the stream begins
    if request.scope.get(HEAD):
        return Response(media_type=EventStream.media_type)
    replay: Replay = request.app.state.replay
    load = partial(_chapter, folder, box)
    return EventStream(replay.told(load, origin, place, end_ms, query.speed))


def _after(folder: StoreFolder, seq: int, limit: int) -> Sequence[Told]:
    changes = folder.changes.after(seq, limit)
    if not changes:
        return []
    origin = partial(folder.origin, folder.run())
    return [told(change, origin) for change in changes]


def _chapter(folder: StoreFolder, box: Box | None, start_ms: int) -> Chapter:
    fixes = read_ships(folder.tracks, start_ms, box)
    in_time = np.argsort(fixes.t_ms, kind="stable")
    return Chapter(fixes.take(in_time), folder.changes.between(start_ms, start_ms + BLOCK_MS))


def _place(last_event_id: str | None, start_ms: int) -> Place:
    if last_event_id is None:
        return Place(start_ms)
    place = Place(*map(int, last_event_id.split(".")))
    if place.t_ms < start_ms:
        raise UsageError("Last-Event-ID", "not of this replay", "leave it out to begin anew")
    return place
