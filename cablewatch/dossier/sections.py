"""Sections of the page."""

import math
from collections.abc import Sequence

from cablewatch.dossier import words
from cablewatch.dossier.contents import MANIFEST, Contents, newest, sha256
from cablewatch.dossier.html import table, text
from cablewatch.dossier.matter import Matter, moment
from cablewatch.dossier.refold import is_folded
from cablewatch.dossier.shown import Shown
from cablewatch.units import HOUR_MS, NAUTICAL_MILE_M


def head(matter: Matter, contents: Contents) -> list[str]:
    """What, who, when and where, how sure, and what is modelled."""
    alert = matter.alert
    first, last = alert.track[0], alert.track[-1]
    crossed = sum(met.crossed for met in alert.cables)
    facts = [
        ("Ship", f"{alert.name or 'no name said'}, MMSI {alert.mmsi}"),
        ("Began, as estimated", moment(alert.started_ms)),
        ("Raised", moment(alert.raised_ms)),
        ("Ended", moment(alert.ended_ms))
        if alert.ended_ms
        else ("Last said", moment(alert.updated_ms)),
        ("From", f"{_place(*first[:2])}, {moment(first[2])}"),
        ("To", f"{_place(*last[:2])}, {moment(last[2])}"),
        ("Cables", f"{len({m.id for m in alert.cables})} met, {crossed} crossings"),
        ("Probability", f"{alert.probability:.0%}, at a stated prior of {_prior(matter)}"),
        ("Alert", alert.id),
        ("Incident", alert.incident_id),
        ("Heard by", ", ".join(alert.stations) or "not said"),
        ("State", f"{alert.state}, review {alert.review}"),
    ]
    cells = "".join(f"<div><dt>{text(a)}</dt><dd>{text(b)}</dd></div>" for a, b in facts)
    model = "".join(f"<p>{text(line)}</p>" for line in words.modelled(contents))
    return [
        '<p class="kicker">cablewatch report of one alert</p>',
        f"<h1>{text(words.headline(alert))}</h1>",
        f'<p><span class="badge b-{text(alert.severity)}">{text(alert.severity)}</span></p>',
        f'<div class="banner">{model}</div>' if model else "",
        f'<p class="lead">{text(words.NOT_INTENT)}</p>',
        f'<dl class="facts">{cells}</dl>',
    ]


def _place(lon: float, lat: float) -> str:
    """Position in degrees and minutes, as a chart has it.

    >>> _place(-17.0905, 55.897)
    '55°53.8\u2032N 17°05.4\u2032W'
    """
    said = []
    for value, signs in ((lat, "NS"), (lon, "EW")):
        tenths = round(abs(value) * 600)
        degrees, rest = divmod(tenths, 600)
        said.append(f"{degrees}°{rest / 10:04.1f}\u2032{signs[value < 0]}")
    return " ".join(said)


def _prior(matter: Matter) -> str:
    prior, _ = words.odds(matter.alert)
    return f"1 in {math.exp(-prior):,.0f}"


def met_cables(matter: Matter) -> str:
    """Cables met, and those ahead when it was last said."""
    alert = matter.alert
    rows = [
        (
            str(number),
            matter.named[met.id].name if met.id in matter.named else met.id,
            f"{met.km:.1f}",
            moment(met.t_ms),
            "" if math.isnan(met.angle_deg) else f"{met.angle_deg:.0f}°",
            "" if math.isnan(met.sog_kn) else f"{met.sog_kn:.1f}",
            "inferred across a silence"
            if met.inferred
            else "crossed"
            if met.crossed
            else "in its corridor",
        )
        for number, met in enumerate(alert.cables, 1)
    ]
    heads = ("", "Cable", "km of the route", "Time (UTC)", "Angle", "kn", "How")
    told = (
        table(heads, rows, ("n", "", "n", "t", "n", "n", ""))
        if rows
        else "<p>No cable was met.</p>"
    )
    ahead = [
        (
            matter.named[c.id].name if c.id in matter.named else c.id,
            f"{c.distance_m / NAUTICAL_MILE_M:.1f} nmi",
            _until(c.eta_ms - alert.updated_ms),
            moment(c.eta_ms),
        )
        for c in alert.next_cables
    ]
    if not ahead:
        return told
    reached = ("Ahead when last said", "Distance", "In", "Reached (UTC)")
    return told + table(reached, ahead, ("", "n", "n", "t"))


def _until(ms: int) -> str:
    """Hours until a cable would be reached; an alert that is judged late may name one behind.

    >>> _until(5_400_000), _until(-1)
    ('1.5 h', 'passed by then')
    """
    return f"{ms / HOUR_MS:.1f} h" if ms >= 0 else "passed by then"


def terms(matter: Matter) -> str:
    """The score, term by term, and what else was measured."""
    alert = matter.alert
    rows = [(t.name, t.contribution, t.text) for t in alert.evidence if t.contribution]
    rest = [t for t in alert.evidence if not t.contribution]
    lines = [(name.replace("_", " "), f"{ratio:+.2f}", said) for name, ratio, said in rows]
    prior, evidence = words.odds(alert)
    total = prior + evidence
    lines.append(("sum", f"{total:+.2f}", f"probability {words.probability(total):.2f}"))
    told = table(("Term", "Nats", "What was measured"), lines, ("", "n", ""), "sums")
    others = "".join(f"<li>{text(t.text)}</li>" for t in rest)
    if not others:
        return told
    return f"{told}<p>Measured beside it, without weight of its own:</p><ul>{others}</ul>"


def sure(matter: Matter) -> list[str]:
    """The prior, and what the same evidence comes to at others."""
    alert = matter.alert
    _, rest = words.odds(alert)
    said = (
        f"The evidence multiplies the odds by {math.exp(rest):,.0f}. The probability holds for the "
        f"stated prior alone, which is a judgement and not a measurement: {_prior(matter)}. At "
        "other priors the same evidence comes to:"
    )
    rows = [(f"1 in {1 / prior:,.0f}", f"{p:.1%}") for prior, p in words.at_priors(alert)]
    return [
        f"<p>{text(said)}</p>",
        table(("Prior", "Probability"), rows, ("n", "n")),
        "<p>Only the ratios are meant as calibrated figures. How many modelled drags the rules "
        "find, and how often they raise for nothing, is in docs/evaluation.md of cablewatch.</p>",
    ]


def routes(matter: Matter) -> str:
    """How well each route is known, and whose it is."""
    rows = [
        (c.name, words.route(c), f"{c.source}, {c.licence}", c.owner) for c in matter.named.values()
    ]
    return table(("Route", "How well it is known", "Source and licence", "Owner"), rows, ("",) * 4)


def said(contents: Contents) -> str:
    """Every version of the alert."""
    rows = [
        (
            str(v.number),
            moment(v.alert.updated_ms),
            v.alert.state,
            v.alert.severity,
            f"{v.alert.probability:.2f}",
            str(sum(met.crossed for met in v.alert.cables)),
            ", ".join(
                f"{c.id}: {_until(c.eta_ms - v.alert.updated_ms)}" for c in v.alert.next_cables[:2]
            ),
        )
        for v in contents.versions
    ]
    heads = ("", "Said (UTC)", "State", "Severity", "Probability", "Crossings", "Next")
    return table(heads, rows, ("n", "t", "", "", "n", "n", ""))


def raw_rows(contents: Contents, rows: Sequence[Shown]) -> list[str]:
    """Some of the ship's rows, verbatim."""
    count = sum(len(e.lines) - e.heads for e in contents.excerpts.values())
    said = (
        f"The bundle holds all {count:,} raw rows of this ship in the inputs, from the first to "
        "the last: what it usually does is measured on all of them. Quoted here, verbatim, are "
        "those next to the beginning, the raising and the meetings with cables."
    )
    quoted = [
        (
            moment(r.t_ms),
            f"{r.path.split('/', 1)[1]}:{r.line}",
            r.text,
            r.sha256[:16],
        )
        for r in rows
    ]
    heads = ("Time (UTC)", "Input and line", "Row", "SHA-256 begins")
    return [f"<p>{text(said)}</p>", table(heads, quoted, ("t", "", "raw", "raw"))]


def how_to_check(contents: Contents) -> list[str]:
    """What came of checking, how to do it again, and every hash it takes."""
    about, alert = contents.about, contents.alert
    name = f"report-{alert.id}.zip"
    outcome = about["recheck"]
    whole = _outcome("The whole inputs, replayed when this was made, give", outcome["whole"])
    alone = _outcome(
        "The ship's own rows alone, with the votes of other ships that the bundle holds, give",
        outcome["alone"],
    )
    if not is_folded(alert.kind):
        alone = f"{words.JUDGED[0].upper()}{words.JUDGED[1:]}."
    inputs = [(i["name"], f"{i['bytes']:,}", i["sha256"]) for i in about["inputs"]]
    facts = [
        ("Seal (SHA-256 of manifest.json)", sha256(contents.files()[MANIFEST])),
        ("Rule version", alert.rule_version),
        ("Configuration (rules, figures, routes)", alert.config_hash),
        ("Program", about["made_by"]),
        ("Newest version of the alert (hash of its content)", newest(contents.versions).hash),
    ]
    return [
        f"<p>{text(whole)} {text(alone)}</p>",
        "<p>Anyone can do it again, with cablewatch and this bundle, and with the inputs where "
        "they are at hand:</p>",
        f"<pre>cablewatch verify {text(name)}\ncablewatch verify {text(name)} INPUT ...</pre>",
        "<p>Without cablewatch: unpack the bundle and run <code>sha256sum -c SHA256SUMS</code>; "
        "<code>rows.csv</code> names line and hash of every raw row.</p>",
        table(("", ""), facts, ("", "raw")),
        table(("Input", "Bytes", "SHA-256 of the whole file"), inputs, ("", "n", "raw")),
    ]


def _outcome(what: str, differing: Sequence[str]) -> str:
    if not differing:
        return f"{what} this alert again, every figure of every version alike."
    return f"{what} it not quite alike: {'; '.join(differing)}."
