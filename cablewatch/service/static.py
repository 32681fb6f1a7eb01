"""Files of the page; those that were packed when it was built go out packed."""

import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from cablewatch.service.negotiation import preferred


class PackedFiles(StaticFiles):
    """Files of a folder: `main.js.br` is sent for `main.js` to who takes Brotli."""

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answer with the file, or with what lies packed beside it."""
        packed = Path(f"{os.fspath(full_path)}.br")
        asked = Headers(scope=scope).get("accept-encoding", "identity")
        if preferred(asked, ("br", "identity")) != "br" or not packed.is_file():
            return super().file_response(full_path, stat_result, scope, status_code)
        answer = super().file_response(packed, packed.stat(), scope, status_code)
        answer.headers["content-encoding"] = "br"
        return answer
