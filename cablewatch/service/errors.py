"""Errors as problem details (RFC 9457): one table says which exception gives which status.

Problem details name the parameter, its value and what is allowed; they never name files of the
server, which are logged instead. While the store cannot be used ``Retry-After`` says when it may be
worth another try.
"""

import logging
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from cablewatch.errors import CablewatchError, ConflictError, StoreError, UsageError

PROBLEM_TYPE = "application/problem+json"
SHOWN_CHARACTERS = 80  # of a refused value
RETRY = {"Retry-After": "2"}  # s; of a store that cannot be used
_WITHOUT_VALUE = ("missing", "json_invalid")  # what pydantic says was given is all the rest

log = logging.getLogger(__name__)


class NotFoundError(CablewatchError):
    """What the path names is not in the store."""


class BadRequestError(CablewatchError):
    """A parameter cannot be used, where a standard asks for 400."""


STATUSES: dict[type[CablewatchError], int] = {
    BadRequestError: 400,
    NotFoundError: 404,
    ConflictError: 409,
    UsageError: 422,
    StoreError: 503,
    CablewatchError: 500,
}


class ProblemError(BaseModel):
    """One wrong parameter."""

    parameter: str = Field(description="Its name.")
    value: str | None = Field(description="What was given, shortened; null where nothing was.")
    detail: str = Field(description="What is allowed.")


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(description="`about:blank`: the status says it all.")
    title: str = Field(description="The phrase of the status.")
    status: int
    detail: str = Field(description="What is wrong and what to do about it.")
    instance: str = Field(description="Path of the request.")
    errors: list[ProblemError] = Field(description="Wrong parameters; empty for other problems.")


_HIDDEN = "the store cannot be used at the moment; the log of the service says why"
_CAUSES = {
    400: "The body cannot be read as JSON.",
    401: "A key is asked for, or the one given is unknown, revoked or expired.",
    403: "The key does not allow this, or a page of another origin asks for a change.",
    404: "Not in the store.",
    408: "The body did not arrive in time.",
    409: "The alert is not what the action takes; the answer says what it is.",
    413: "The body is too long.",
    421: "`Host` is not a name of this service.",
    422: "A parameter is unknown, repeated or not allowed; `errors` names it, its value, what is.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "The store cannot be used at the moment, or not in time; `Retry-After` says when to ask.",
}
_AGAIN = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}


def problems(*statuses: int, schema: str = "Problem") -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses of a route that may answer with these statuses."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        headers = {"headers": _AGAIN} if status in (429, 503) else {}
        found[status] = {"description": _CAUSES[status], **headers, "content": content}
    return found


def problem_schemas() -> dict[str, Any]:
    """OpenAPI component schemas that :func:`problems` refers to."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _answer(
    request: Request,
    status: int,
    detail: str,
    errors: Iterable[ProblemError] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=list(errors),
    )
    return JSONResponse(
        problem.model_dump(), status, headers=dict(headers or {}), media_type=PROBLEM_TYPE
    )


async def _cablewatch_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CablewatchError)
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    if status >= 500:
        if request.app.state.troubles.is_new(error):
            log.error("%s: %s", request.url.path, error)
        return _answer(request, status, _HIDDEN, headers=RETRY if status == 503 else {})
    if status not in (400, 422):
        return _answer(request, status, str(error))
    value = _shown(await _given(request, error.where))
    wrong = ProblemError(parameter=error.where, value=value, detail=error.do)
    return _answer(request, status, str(error), [wrong])


async def _given(request: Request, name: str) -> object:
    """What a request says of a parameter or a member of its body; None where nothing."""
    for said in (request.query_params, request.path_params, request.headers):
        if name in said:
            return said[name]
    body = await request.json() if request.method == "POST" and await request.body() else None
    return body.get(name) if isinstance(body, dict) else None


def _shown(value: object) -> str | None:
    if value is None:
        return None
    return str(value)[:SHOWN_CHARACTERS].encode(errors="replace").decode()


def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = [
        ProblemError(
            parameter="body" if found["type"] == "json_invalid" else _name(found["loc"]),
            value=None if found["type"] in _WITHOUT_VALUE else _shown(found.get("input")),
            detail=str(found["msg"]),
        )
        for found in error.errors()
    ]
    return _answer(request, 422, "; ".join(f"{w.parameter}: {w.detail}" for w in wrong), wrong)


def _name(place: Sequence[str | int]) -> str:
    """Name of what is wrong: a parameter, or a member of the body."""
    source, *path = place
    return ".".join(map(str, path if source == "body" else path[:1])) or str(source)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
    return _answer(request, error.status_code, str(error.detail), headers=headers)


def _methods(request: Request) -> list[str]:
    """Methods that the path of a request knows; HEAD wherever GET."""
    path = getattr(request.scope.get("route"), "path", None)
    said = {method.upper() for method in request.app.openapi()["paths"].get(path, ("get",))}
    return sorted(said | ({"HEAD"} if "GET" in said else set()))


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    return _answer(request, 500, "the service failed; its log has the reason")


async def refuse(
    scope: Scope, send: Send, status: int, detail: str, headers: dict[str, str] | None = None
) -> None:
    """Answer a request with a problem before it reaches a route; its body is not read."""
    await _answer(Request(scope), status, detail, headers=headers)(scope, _nothing, send)


async def refuse_error(scope: Scope, send: Send, error: CablewatchError) -> None:
    """Answer a request with the problem of an error, before it reaches a route."""
    answer = await _cablewatch_error(Request(scope), error)
    await answer(scope, _nothing, send)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def misdirected(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI application that refuses a name of the host (421, RFC 9110 section 15.5.20)."""
    detail = "this service is not known by the name in Host; call it by the address it listens on"
    await refuse(scope, send, 421, detail)


def add_handlers(app: FastAPI) -> None:
    """Let every error of `app` leave as problem details."""
    app.add_exception_handler(CablewatchError, _cablewatch_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unforeseen)
