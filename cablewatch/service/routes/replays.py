"""``/api/v1/replays``: ten minutes of all ships at a time, for caches to keep."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from cablewatch import __version__
from cablewatch.errors import UsageError
from cablewatch.fixes import Stations
from cablewatch.output.columns import arrow_stream, json_with_columns
from cablewatch.output.text import content_hash, epoch_ms, rfc3339
from cablewatch.service.errors import problems
from cablewatch.service.folder import StoreFolder
from cablewatch.service.http import matches
from cablewatch.service.negotiation import CODINGS, packed, preferred
from cablewatch.service.parameters import Time, bounds, known_parameters, span_ms
from cablewatch.service.replay_schemas import ReplayBlock, Replays
from cablewatch.service.routes import Folder, TaggedJSONResponse
from cablewatch.stores.blocks import block_version, closed_ms, day_blocks, read_ships
from cablewatch.stores.compaction import BLOCK_MS
from cablewatch.stores.days import one_look
from cablewatch.units import DAY_MS

router = APIRouter(
    prefix="/api/v1/replays", tags=["replays"], dependencies=[Depends(known_parameters)]
)

FOREVER, BRIEFLY = "max-age=31536000, immutable", "max-age=5"
MEDIA_TYPES = {"json": "application/json", "arrow": "application/vnd.apache.arrow.stream"}
HREF = "/api/v1/replays/blocks/{start}"

Form = Literal["json", "arrow"]
Bounds = tuple[float, float, float, float]


@router.get(
    "",
    operation_id="listReplays",
    summary="What there is to replay",
    response_model=Replays,
    responses=problems(422, 503),
)
@one_look()
def list_replays(
    folder: Folder,
    start: Annotated[
        Time | None, Query(alias="from", description="Days from this time on; RFC 3339.")
    ] = None,
    end: Annotated[
        Time | None, Query(alias="to", description="Days up to this time; RFC 3339.")
    ] = None,
) -> Any:
    """Say which days hold fixes, and how many each block does."""
    run = folder.run()
    closed = closed_ms(folder.tracks, run)
    return TaggedJSONResponse(
        {
            "from": run.start,
            "to": run.end,
            "block_s": BLOCK_MS // 1000,
            "closed_to": None if closed is None else rfc3339(closed),
            "href": HREF,
            "days": [
                {
                    "day": said.day,
                    "version": said.version,
                    "fixes": int(said.counts.sum()),
                    "counts": said.counts.tolist(),
                }
                for said in day_blocks(folder.tracks, *span_ms(start, end))
            ],
        }
    )


@router.get(
    "/blocks/{start}",
    operation_id="getReplayBlock",
    summary="Ten minutes of all ships",
    response_model=ReplayBlock,
    responses={200: {"content": {MEDIA_TYPES["arrow"]: {}}}, **problems(422, 503)},
)
@one_look()
def get_block(
    request: Request,
    folder: Folder,
    start: Annotated[Time, Path(description="Its start, RFC 3339: a multiple of 10 minutes.")],
    bbox: Annotated[
        str | None,
        Query(
            max_length=200,
            description="West,south,east,north in degrees: fixes in this box; west > east crosses "
            "longitude 180.",
        ),
    ] = None,
    before: Annotated[
        bool, Query(description="Also the last fix of each ship in the block before.")
    ] = False,
    version: Annotated[
        str | None,
        Query(max_length=64, description="Of the day; its only use is to tell addresses apart."),
    ] = None,
    f: Annotated[
        Form | None, Query(description="Form of the answer; without it as `Accept` says.")
    ] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
    accept_encoding: Annotated[str | None, Header(include_in_schema=False)] = None,
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Return the fixes of a block ship by ship: columns of integers, or an Arrow stream.

    A closed block is for caches to keep. Blocks next to each other share no fix.
    """
    start_ms = _block_start_ms(start)
    box = None if bbox is None else bounds(bbox)
    form = f or _form(accept)
    coding = preferred(accept_encoding or "identity", CODINGS) or "identity"
    closed = start_ms + BLOCK_MS <= (closed_ms(folder.tracks, folder.run()) or start_ms)
    keep = closed and version in (None, _day_version(folder, start_ms))
    said = [
        __version__,
        block_version(folder.tracks, start_ms - before * BLOCK_MS, start_ms + BLOCK_MS),
        *(start_ms, box, before, form, coding, closed),
    ]
    tag = f'"{content_hash({"block": said})[:32]}"'
    headers = {
        "ETag": tag if closed else f"W/{tag}",
        "Cache-Control": f"{_keepers(request)}, {FOREVER if keep else BRIEFLY}",
        "Vary": "Accept, Accept-Encoding",
    }
    if matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    body = packed(_body(folder, start_ms, box, before, form, closed), coding)
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return Response(body, headers=headers, media_type=MEDIA_TYPES[form])


def _keepers(request: Request) -> str:
    """Which caches may keep an answer: where keys are asked for, only the client's own."""
    return "private" if request.app.state.settings.exposed else "public"


def _body(
    folder: StoreFolder, start_ms: int, box: Bounds | None, before: bool, form: Form, closed: bool
) -> bytes:
    stations = Stations()
    fixes = read_ships(folder.tracks, start_ms, box, before=before, stations=stations)
    if form == "arrow":
        return arrow_stream(fixes, stations)
    made = {
        "start": rfc3339(start_ms),
        "block_s": BLOCK_MS // 1000,
        "closed": closed,
        "bbox": box,
        "fixes": len(fixes),
    }
    return json_with_columns(made, fixes, start_ms).encode()


def _block_start_ms(start: datetime) -> int:
    start_ms = epoch_ms(start)
    if start_ms % BLOCK_MS:
        earlier = rfc3339(start_ms - start_ms % BLOCK_MS)
        do = f"give a multiple of 10 minutes, such as {earlier}"
        raise UsageError("start", "no block starts then", do)
    return start_ms


def _form(accept: str | None) -> Form:
    """The form that `Accept` prefers; JSON where it wants neither."""
    offered = list(MEDIA_TYPES.values())
    return "arrow" if preferred(accept, offered) == MEDIA_TYPES["arrow"] else "json"


def _day_version(folder: StoreFolder, start_ms: int) -> str:
    day_ms = start_ms - start_ms % DAY_MS
    return block_version(folder.tracks, day_ms, day_ms + DAY_MS)
