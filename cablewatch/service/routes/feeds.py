"""``/api/v1/feeds``: live sources, and how they are."""

from typing import Any

from fastapi import APIRouter, Depends

from cablewatch.output.text import rfc3339
from cablewatch.service.errors import problems
from cablewatch.service.feed_schemas import LiveFeed, LiveFeeds
from cablewatch.service.parameters import known_parameters
from cablewatch.service.routes import Folder, TaggedJSONResponse
from cablewatch.stores.feed_state import FeedStateStore

router = APIRouter(
    prefix="/api/v1/feeds",
    tags=["feeds"],
    dependencies=[Depends(known_parameters)],
)
SHOWN = LiveFeed.model_fields.keys() - {"name", "said"}


@router.get(
    "",
    operation_id="listFeeds",
    summary="Live sources, and how they are",
    response_model=LiveFeeds,
    responses=problems(422, 503),
)
def list_feeds(folder: Folder) -> Any:
    """Say of each source whether it brings anything, what came of it, and when it was cut."""
    states = FeedStateStore(folder.alerts.database).all()
    feeds = [
        {"name": name, "said": rfc3339(state.at_ms), **_shown(state.said)}
        for name, state in sorted(states.items())
    ]
    said = {"numberMatched": len(feeds), "numberReturned": len(feeds), "feeds": feeds}
    return TaggedJSONResponse(said)


def _shown(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key in SHOWN}
