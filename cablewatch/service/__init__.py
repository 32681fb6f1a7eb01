"""The HTTP service: alerts, tracks and cables as GeoJSON, and a page that draws them."""

from cablewatch.service.app import create_app

__all__ = ["create_app"]
