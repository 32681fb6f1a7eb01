"""A replay or a stream on many machines: read in parallel, ships folded in parallel, one answer.

``tasks`` is what the tasks of a replay do, in terms of rows, ``learning`` what those do that learn
where ships stop, ``operators`` what a stream does; ``spark`` and ``streaming`` have Apache Spark
run them. No rule, no geometry and nothing of an alert is here: a shard is the engine of
:mod:`cablewatch.shards`, and all that takes the ships together is the caller's
:class:`~cablewatch.pipeline.Pipeline`.
"""
