"""What a rule measured, in a sentence a mariner reads: what the value is, and what it speaks for.

Every value is that of the strongest moment of the episode, a whole minute, so sentences stand in
the past tense and "then" is that minute. A value that could not be computed says why; no sentence
says why a ship behaves as it does.

::

    sentences.py                   the sentence of any term
    under_way.py at_anchor.py      drag, loitering, drifting; anchored, dragging at anchor
    silence.py identity.py         ships that are not heard, or say they are others
    lowering.py                    what lowers a score
"""
