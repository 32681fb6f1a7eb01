"""After a fault: which ships crossed the cable, or may have, ranked by stated evidence.

::

    Case (cable, window, fault) ┐
    Heard (fixes, crossings,    ├> passages, gaps -> ranking -> Suspect ┐
           alerts, ships)       ┘  whynot ---------------------> Cleared┴> Findings -> records

=============  ====================================================================================
``case``       the question: cable, window, reported fault; what cannot be asked is refused
``line``       the route as points with kilometres; places and nearest points
``heard``      what was heard: a fix a minute of each ship, crossings, alerts, what ships said
``passages``   crossings of the fold, and ships inside the uncertainty of the route
``gaps``       crossings that a silence may hide, by reachability
``terms``      each piece of evidence: value, unit, contribution, sentence
``ranking``    passages to suspects, all other ships to reasons why not
``records``    findings as GeoJSON, JSON lines and CSV
=============  ====================================================================================

Nothing here decides what a crossing or an alert is: both are those of the fold. Findings name
behaviour, never intent.
"""
