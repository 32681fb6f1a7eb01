"""The figures as one page of HTML: no script, nothing loaded from elsewhere."""

from html import escape

from cablewatch.evaluation import reasons
from cablewatch.evaluation.figures import Figures
from cablewatch.evaluation.parts import pair, table
from cablewatch.evaluation.summary import calm, facts, interval_of, percent
from cablewatch.output import svg

LEAST_DAYS = 5.0  # ship-days of a class whose rate is drawn: of fewer the interval says nothing
SLOWEST_MIN = 60.0  # of the shades of time to detect: darkest is at once, lightest an hour
NAMES = {
    "speed_ratio": "speed ratio r",
    "deviation_deg": "deviation of course, degrees",
    "minutes": "duration, minutes",
    "interval_s": "report interval, s",
}
SHOWN = {
    "speed_ratio x deviation_deg": "30 min and longer, all intervals",
    "speed_ratio x minutes": "3 degrees and more, all intervals",
    "deviation_deg x interval_s": "r up to 0.8, 30 min and longer",
    "minutes x interval_s": "r up to 0.8, 3 degrees and more",
}
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1b2733;max-width:1180px;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}
.pair{display:flex;flex-wrap:wrap;gap:0 1.2rem}
figure{margin:0 0 1.4rem}
svg{max-width:100%;height:auto}
table{border-collapse:collapse}td,th{padding:.15rem .9rem .15rem 0;vertical-align:top;
text-align:left}
p,li{max-width:52rem}
"""
LIMITS = """Injected drags are a model: the ship keeps her path, her clock runs slower, and she
fishtails across it. They show what the detectors find of such drags in traffic with its gaps,
noise and neighbours; not what a recorded drag looks like. Recall is measured with lines laid so
that every ship under way has a cable ahead; alarms with the cables given. Intervals hold 95 %."""


def page(figures: Figures) -> str:
    """Render a result; everything in it comes from `figures`."""
    title = f"cablewatch evaluate: {figures['source']}, {figures['split']}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(LIMITS)}</p>",
        table(facts(figures)),
        "<h2>Recall and time to detect, at severity watch or higher</h2>",
        *(_surfaces(name, figures["surfaces"][name]) for name in SHOWN),
        "<h2>Why drags are missed</h2>",
        reasons.missed(figures),
        "<h2>What the evidence is worth</h2>",
        reasons.ratios(figures),
        "<h2>The same drags heard otherwise</h2>",
        reasons.receptions(figures),
        reasons.incidents(figures),
        "<h2>Alerts of severity watch or higher, as recorded</h2>",
        pair(*(_alarms(row) for row in figures["alarms"])),
        "<h2>Probability</h2>",
        pair(_calibration(figures), _precision(figures)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )


def _label(name: str, value: float) -> str:
    return "recorded" if name == "interval_s" and value == 0 else f"{value:g}"


def _surfaces(name: str, surface: Figures) -> str:
    of_rows, of_columns = name.split(" x ")
    cells = surface["cells"]
    shared = (
        (NAMES[of_rows], NAMES[of_columns]),
        [_label(of_rows, v) for v in surface["rows"]],
        [_label(of_columns, v) for v in surface["columns"]],
    )
    recall = svg.heat_map(
        f"Recall: {SHOWN[name]}",
        *shared,
        [[cell["recall"] for cell in row] for row in cells],
        [[(percent(c["recall"]), interval_of(c["wilson"], 100)) for c in row] for row in cells],
    )
    minutes = svg.heat_map(
        f"Minutes to detect, median: {SHOWN[name]}",
        *shared,
        [[_shade(cell["median_min"]) for cell in row] for row in cells],
        [[(calm(c["median_min"]), f"{c['found']} of {c['drags']}") for c in row] for row in cells],
    )
    return pair(recall, minutes)


def _shade(minutes: float | None) -> float | None:
    return None if minutes is None else 1.0 - min(minutes, SLOWEST_MIN) / SLOWEST_MIN


def _alarms(row: Figures) -> str:
    rates = [("all classes", row["all"]), *row["by_class"].items()]
    rates = [(label, rate) for label, rate in rates if rate["ship_days"] >= LEAST_DAYS]
    shown = [
        svg.Bar(
            label,
            rate["per_1000"] or 0.0,
            rate["poisson"][0] or 0.0,
            rate["poisson"][1] or 0.0,
            f"{rate['count']} in {rate['ship_days']:.1f} ship-days",
        )
        for label, rate in rates
    ]
    title = f"{row['kind']}: classes of {LEAST_DAYS:g} ship-days and more"
    return svg.bars(title, "alerts per 1,000 observed ship-days", shown)


def _calibration(figures: Figures) -> str:
    points = [
        svg.Point(b["stated"], b["observed"], b["interval"][0] or 0.0, b["interval"][1] or 1.0)
        for b in figures["calibration"]["bins"]
        if b["stated"] is not None and b["observed"] is not None
    ]
    axes = ("stated probability of drag alerts", "share that is true at the stated prior")
    return svg.curve("Calibration", axes, points, diagonal=True)


def _precision(figures: Figures) -> str:
    found = figures["pr_auc"]
    recall, precision = found["curve"]
    ends = zip([0.0, *recall], recall, precision, strict=False)
    points = [svg.Point(x, p, p, p) for low, high, p in ends for x in (low, high)]  # in steps
    share = percent(found["share_of_drags"])
    title = f"Precision over recall, area {calm(found['average_precision'])}"
    axes = ("recall of target drags", f"precision, {share} of cases being drags")
    return svg.curve(title, axes, points, joined=True)
