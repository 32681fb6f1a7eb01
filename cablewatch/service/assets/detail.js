// What one alert says: next cables first, then what was crossed, then why.

import { duration, figure, html, origin, svg, time, words } from "./dom.js";

const METRES_IN_NMI = 1852;

function table(caption, heads, rows) {
  if (!rows.length) return null;
  const cells = (tag, values) => values.map((value) => html(tag, tag === "th" ? { scope: "col" } : {}, value));
  return html(
    "div",
    { class: "table" },
    html(
      "table",
      {},
      html("caption", {}, caption),
      html("thead", {}, html("tr", {}, ...cells("th", heads))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells("td", row)))),
    ),
  );
}

function modelledText(modelled, track) {
  if (modelled === "invented") return "This ship does not exist: its positions are invented.";
  const spans = track.properties.modelled.map((span) => `${time(span.from)} to ${time(span.to)}`);
  return `Positions ${spans.join(", ")} were never recorded: a model reconstructs them. What follows shows that the pipeline works, not that the detector does.`;
}

export function badge(severity) {
  return html("span", { class: `badge ${severity}` }, severity);
}

function facts(said) {
  const pairs = [
    ["Started", time(said.started)],
    ["Raised", time(said.raised)],
    ["Updated", time(said.updated)],
    ["Ended", said.ended ? time(said.ended) : "open"],
    ["Probability", figure(said.probability, 2)],
    ["Review", said.review],
    ["Routes are", said.geometry_confidence],
    ["Heard by", said.stations.join(", ") || "not recorded"],
    ["Source", said.source],
  ];
  return html("dl", {}, ...pairs.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))));
}

function evidence(terms) {
  const most = Math.max(1, ...terms.map((term) => Math.abs(term.contribution ?? 0)));
  const items = terms.map((term) => {
    const contribution = term.contribution ?? 0;
    const width = (Math.abs(contribution) / most) * 50;
    const bar = svg(
      "svg",
      { class: "bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("line", { x1: 50, x2: 50, y1: 0, y2: 6 }),
      svg("rect", {
        class: contribution < 0 ? "against" : "for",
        x: contribution < 0 ? 50 - width : 50,
        width,
        height: 6,
      }),
    );
    const sign = contribution > 0 ? "+" : "";
    return html(
      "li",
      {},
      html(
        "p",
        { class: "term" },
        html("strong", {}, words(term.name)),
        html("span", { class: "quiet" }, figure(term.value, 2, term.unit)),
        html("span", { class: "nats" }, `${sign}${figure(contribution, 2)}`),
      ),
      bar,
      html("p", {}, term.text),
    );
  });
  return html(
    "section",
    {},
    html("h3", {}, "Evidence"),
    html("p", { class: "quiet" }, "Log-likelihood ratios in nats: right of the line speaks for, left against."),
    terms.length ? html("ul", { class: "evidence" }, ...items) : html("p", {}, "None is stored."),
  );
}

// Speed over the track's time, with the crossings and the moment of the alert.
function speedChart(track, said) {
  const lines = track.properties.times.map((times, n) =>
    times.map((text, m) => [Date.parse(text), track.properties.sog_kn[n][m]]).filter((p) => p[1] !== null),
  );
  const points = lines.flat();
  if (points.length < 2) return null;
  const [start, end] = [points[0][0], points.at(-1)[0]];
  const top = Math.max(5, Math.ceil(points.reduce((most, p) => Math.max(most, p[1]), 0) / 5) * 5);
  const [width, height, left, foot] = [340, 120, 26, 18];
  const x = (t) => left + ((t - start) / Math.max(end - start, 1)) * (width - left - 6);
  const y = (v) => 14 + (1 - v / top) * (height - 14 - foot);
  const path = lines
    .filter((line) => line.length)
    .map((line) => `M${line.map(([t, v]) => `${x(t).toFixed(1)} ${y(v).toFixed(1)}`).join("L")}`);
  const rule = (text, name, label) => {
    const at = Date.parse(text);
    if (at < start || at > end) return null;
    const late = x(at) > width - 70;
    return svg(
      "g",
      { class: name },
      svg("line", { x1: x(at), x2: x(at), y1: 14, y2: height - foot }),
      svg("text", { x: x(at) + (late ? -3 : 3), y: name === "raised" ? 10 : 24, "text-anchor": late ? "end" : "start" }, label),
    );
  };
  const levels = [0, top / 2, top].map((v) =>
    svg(
      "g",
      {},
      svg("line", { x1: left, x2: width - 6, y1: y(v), y2: y(v) }),
      svg("text", { x: left - 4, y: y(v) + 4, "text-anchor": "end" }, String(v)),
    ),
  );
  return html(
    "figure",
    {},
    html("figcaption", {}, "Speed over ground, knots"),
    svg(
      "svg",
      { class: "speed", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Speed over ground in knots against time" },
      ...levels,
      ...said.cables.filter((met) => met.angle_deg !== null).map((crossing, k) => rule(crossing.time, "crossing", k ? "" : "crossing")),
      rule(said.raised, "raised", "raised"),
      svg("path", { d: path.join("") }),
      svg("text", { x: left, y: height - 4 }, time(new Date(start).toISOString())),
      svg("text", { x: width - 6, y: height - 4, "text-anchor": "end" }, time(new Date(end).toISOString())),
    ),
  );
}

// Since when the alert was how grave, and how early each cable was named.
function history(timeline, cableName) {
  const steps = timeline.severities.map(({ severity, from }) => html("li", {}, badge(severity), ` from ${time(from)}`));
  const named = timeline.named.map((cable) => {
    const lead = cable.crossed
      ? `, ${duration(cable.lead_h * 3600000)} before it was crossed`
      : "; not crossed since";
    return html("li", {}, `${cableName(cable.id)} named as next at ${time(cable.named)}, while ${cable.severity}${lead}`);
  });
  return html("section", {}, html("h3", {}, "History"), html("ul", { class: "history" }, ...steps, ...named));
}

export function detail(alert, track, cableName, onClose) {
  const said = alert.properties;
  const close = html("button", { type: "button", class: "back" }, "← All alerts");
  close.addEventListener("click", onClose);
  const versions = alert.history?.length ?? 1;
  return [
    close,
    html(
      "header",
      {},
      html("p", {}, badge(said.severity), ` ${words(said.kind)}, ${said.state} `, origin(said.modelled)),
      html("h2", {}, said.name || `MMSI ${said.mmsi}`),
      html("p", { class: "quiet" }, `MMSI ${said.mmsi}`),
    ),
    said.modelled ? html("p", { class: "modelled" }, modelledText(said.modelled, track)) : null,
    table(
      "Next cables on present course and speed",
      ["Cable", "Distance", "Reached", "Time to reach"],
      said.next_cables.map((next) => [
        cableName(next.id),
        figure(next.distance_m === null ? null : next.distance_m / METRES_IN_NMI, 1, "nmi"),
        time(next.eta),
        duration(Date.parse(next.eta) - Date.parse(said.updated)),
      ]),
    ),
    table(
      "Cables met",
      ["Cable", "Time", "km", "Angle", "Speed", ""],
      said.cables.map((crossing) => [
        cableName(crossing.id),
        time(crossing.time),
        figure(crossing.km, 1),
        figure(crossing.angle_deg, 0, "°"),
        figure(crossing.sog_kn, 1, "kn"),
        crossing.angle_deg === null ? "in its corridor, not crossed" : crossing.inferred ? "inferred across a gap" : "crossed",
      ]),
    ),
    history(alert.timeline, cableName),
    speedChart(track, said),
    evidence(said.evidence),
    said.suppressed_by.length
      ? html("p", { class: "suppressed" }, `Score lowered by: ${said.suppressed_by.map(words).join(", ")}.`)
      : null,
    facts(said),
    track.properties.gaps.length
      ? html(
          "p",
          { class: "quiet" },
          `Without a fix: ${track.properties.gaps
            .map((gap) => `${time(gap.start)} to ${time(gap.end)} (${duration(Date.parse(gap.end) - Date.parse(gap.start))})`)
            .join("; ")}.`,
        )
      : null,
    html(
      "p",
      { class: "quiet" },
      `${versions} stored version${versions === 1 ? "" : "s"}. `,
      html("a", { href: `api/v1/alerts/${encodeURIComponent(said.id)}` }, "This alert as GeoJSON"),
    ),
    html("p", { class: "quiet" }, "An alert names behaviour, never intent."),
  ].filter((node) => node !== null);
}
