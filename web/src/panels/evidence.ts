// Why an alert is said: its terms with their weight, in the colours of the score over time.

import { figure, html, svg, words } from "../dom";
import { palette } from "../theme";
import { TERM_COLOURS } from "../timeline/lanes";
import type { Evidence } from "../types";

function bar(contribution: number, most: number): Element {
  const width = (Math.abs(contribution) / most) * 50;
  return svg(
    "svg",
    { class: "bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("line", { x1: 50, x2: 50, y1: 0, y2: 6 }),
    svg("rect", { class: contribution < 0 ? "against" : "for", x: contribution < 0 ? 50 - width : 50, width, height: 6 }),
  );
}

export function evidence(terms: Evidence[], order: string[]): HTMLElement {
  const said = palette();
  const most = terms.reduce((most, term) => Math.max(most, Math.abs(term.contribution ?? 0)), 1);
  const items = terms.map((term) => {
    const contribution = term.contribution ?? 0;
    const place = order.indexOf(term.name);
    const swatch = html("span", { class: "swatch", "aria-hidden": "true" });
    if (place >= 0) swatch.style.background = said(TERM_COLOURS[Math.min(place, TERM_COLOURS.length - 1)]!);
    return html(
      "li",
      {},
      html("p", { class: "term" }, swatch, html("strong", {}, words(term.name)), html("span", { class: "quiet" }, figure(term.value, 2, term.unit)), html("span", { class: "nats" }, `${contribution > 0 ? "+" : ""}${figure(contribution, 2)}`)),
      bar(contribution, most),
      html("p", {}, term.text),
    );
  });
  return html(
    "section",
    {},
    html("h3", {}, "Evidence"),
    html("p", { class: "quiet" }, "Log-likelihood ratios in nats: right of the line speaks for, left against. Squares: the colour in the score below the map."),
    terms.length ? html("ul", { class: "evidence" }, ...items) : html("p", {}, "None is stored."),
  );
}
