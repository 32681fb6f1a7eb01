"""Routes, a file per resource."""

import hashlib
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse

from cablewatch.service.folder import StoreFolder, store_folder

Folder = Annotated[StoreFolder, Depends(store_folder)]
TEXT = {"schema": {"type": "string"}}
"""What OpenAPI says of an answer that is text of a form of its own."""


class TaggedResponse(Response):
    """Bytes with an ``ETag`` of their content; weak, for they may be packed."""

    def __init__(self, content: bytes, **said: Any) -> None:
        super().__init__(content, **said)
        self.headers["ETag"] = _tag(content)


class TaggedJSONResponse(JSONResponse):
    """JSON with an ``ETag`` of its content, whenever it was made."""

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(content, status_code)
        stamp = content.get("timeStamp", "").encode()
        body = bytes(self.body)
        self.headers["ETag"] = _tag(body.replace(stamp, b"", 1) if stamp else body)


class GeoJSONResponse(TaggedJSONResponse):
    """The same with the media type of RFC 7946."""

    media_type = "application/geo+json"


def _tag(body: bytes) -> str:
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


def here(request: Request, **changed: str) -> str:
    """Path and query of a request, with some parameters changed."""
    url = request.url.include_query_params(**changed)
    return f"{url.path}?{url.query}" if url.query else url.path


def link(href: str, rel: str, title: str, media_type: str = GeoJSONResponse.media_type) -> Any:
    """Return a member of `links`."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}
