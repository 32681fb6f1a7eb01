"""Routes, a file per resource."""

import hashlib
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import JSONResponse

from cablewatch.service.folder import StoreFolder, store_folder

Folder = Annotated[StoreFolder, Depends(store_folder)]


class TaggedJSONResponse(JSONResponse):
    """JSON with an ``ETag`` of its content, whenever it was made; weak, for it may be packed."""

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(content, status_code)
        stamp = content.get("timeStamp", "").encode()
        body = bytes(self.body)
        digest = hashlib.sha256(body.replace(stamp, b"", 1) if stamp else body).hexdigest()
        self.headers["ETag"] = f'W/"{digest[:32]}"'


class GeoJSONResponse(TaggedJSONResponse):
    """The same with the media type of RFC 7946."""

    media_type = "application/geo+json"


def link(href: str, rel: str, title: str, media_type: str = GeoJSONResponse.media_type) -> Any:
    """Return a member of `links`."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}
