"""``/metrics``, for Prometheus."""

from fastapi import APIRouter, Depends, Request, Response

from cablewatch.service.metrics import MEDIA_TYPE, Metrics
from cablewatch.service.parameters import known_parameters

router = APIRouter(dependencies=[Depends(known_parameters)])


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """Every figure, in the text format."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(), media_type=MEDIA_TYPE)
