"""Routes, a file per resource."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import JSONResponse

from cablewatch.render import epoch_ms, rfc3339
from cablewatch.service.folder import StoreFolder, store_folder

Folder = Annotated[StoreFolder, Depends(store_folder)]


class GeoJSONResponse(JSONResponse):
    """JSON with the media type of RFC 7946."""

    media_type = "application/geo+json"


def link(href: str, rel: str, title: str, media_type: str = GeoJSONResponse.media_type) -> Any:
    """Return a member of `links`."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def now() -> str:
    """Return the moment of an answer, as `timeStamp`."""
    return rfc3339(epoch_ms(datetime.now(UTC).replace(microsecond=0)))
