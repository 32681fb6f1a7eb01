"""OGC API - Features, Part 1 (OGC 17-069r4): core, GeoJSON, OpenAPI 3.0.

=============  =====================================================================
``query``      what a request for features asks for, and the refusal of all else (400)
``pages``      what all collections share: a page of features, an extent
``alerts`` ``cables`` ``crossings`` ``tracks``
               a collection each: its features, one of them, its extent
``document``   collections, links and the OpenAPI document
=============  =====================================================================

Every collection reads through the stores, as ``/api/v1`` does. Ids sort in the order of their
collection, so that a page goes on after the id of the last feature shown; alerts, which are shown
newest first, go on after the cursor of their store.
"""
