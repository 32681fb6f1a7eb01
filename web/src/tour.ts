// A short tour of the demo: what is recorded and what is not, the drop, the two cables.

import { button, byId, duration, html, time } from "./dom";
import { cableName, isCrossing, select } from "./state";
import { MINUTE } from "./time";
import type { Alert, AlertWithHistory, Run } from "./types";
import { get } from "./api";

const DONE = "cablewatch-tour";
const SHIP = 414270000;
const DEMO = "Yi Peng 3 window";
const FIRST = "bcs-east-west-interlink"; // the cables that failed
const SECOND = "c-lion1";

export interface Stop {
  title: string;
  text: string;
  at: number;
  play: boolean;
  zoom: number;
}

export const isDemo = (run: Run | null): boolean => run?.title.includes(DEMO) ?? false;

// The stops of an alert; their times come from the alert itself.
export function stopsOf(alert: AlertWithHistory): Stop[] {
  const said = alert.properties;
  const raised = Date.parse(said.raised);
  const crossings = said.cables.filter(isCrossing).map((met) => ({ ...met, at: Date.parse(met.time) }));
  const first = crossings.find(({ id }) => id === FIRST);
  const last = crossings.find(({ id }) => id === SECOND);
  const named = alert.timeline.named.find(({ id }) => id === SECOND);
  const stops: Stop[] = [
    { title: "A ship, two cables, one night", text: "In November 2024 the Yi Peng 3 crossed two cables in the Baltic within hours of their failing. Her passage before both breaks is reconstructed here from published times, distances and speeds; the ships around her are invented. Only key frames from the morning of 18 November, after both breaks, are recorded. So this shows how the pipeline works, not how well the detector does.", at: Date.parse(said.started) - 20 * MINUTE, play: false, zoom: 7.6 },
    { title: "She slows, and begins to yaw", text: `The drag is estimated to begin at ${time(said.started)}; the alert is raised at ${time(said.raised)}, ${duration(raised - Date.parse(said.started))} later. Below the map: her speed, her course, and how each kind of evidence adds to the score.`, at: raised, play: false, zoom: 8.2 },
  ];
  if (first) stops.push({ title: `Over ${cableName(first.id)}`, text: `She crosses it at ${time(first.time)}, at kilometre ${first.km?.toFixed(1)}. The alert keeps place, angle and speed.`, at: first.at, play: false, zoom: 9 });
  if (last && named) stops.push({ title: `${cableName(last.id)} lies ahead`, text: `It is named at ${time(named.named)}, ${duration((named.lead_h ?? 0) * 3_600_000)} before she is there. That is the time in which a duty officer can act.`, at: Date.parse(named.named) + MINUTE, play: false, zoom: 6.6 });
  if (last) stops.push({ title: "To the crossing", text: `Played at 60 times: she reaches ${cableName(last.id)} at ${time(last.time)}, kilometre ${last.km?.toFixed(1)}.`, at: last.at - 25 * MINUTE, play: true, zoom: 9 });
  stops.push({ title: "Now you", text: "Drag along the time axis, choose another alert, or open a cable and ask who was there. Help has the keys; Tour brings this back.", at: last ? last.at : raised, play: false, zoom: 6 });
  return stops.sort((a, b) => a.at - b.at);
}

export class Tour {
  #stops: Stop[] = [];
  #n = 0;

  constructor(private readonly show: (stop: Stop) => void) {}

  async start(alerts: Alert[]): Promise<void> {
    const found = alerts.find(({ properties }) => properties.mmsi === SHIP && properties.kind === "anchor_drag");
    if (!found) return;
    const alert = await get<AlertWithHistory>(`api/v1/alerts/${encodeURIComponent(found.id)}`);
    this.#stops = stopsOf(alert);
    select({ kind: "alert", id: found.id });
    this.#go(0);
  }

  get seen(): boolean {
    try {
      return localStorage.getItem(DONE) !== null;
    } catch {
      return true;
    }
  }

  end(): void {
    byId("tour").hidden = true;
    try {
      localStorage.setItem(DONE, "1");
    } catch {
      // it comes again
    }
  }

  #go(n: number): void {
    const stop = this.#stops[n];
    if (!stop) return this.end();
    this.#n = n;
    this.show(stop);
    const last = n === this.#stops.length - 1;
    byId("tour").hidden = false;
    byId("tour").replaceChildren(
      html("h2", {}, stop.title),
      html("p", {}, stop.text),
      html(
        "div",
        { class: "row" },
        n ? button("Back", () => this.#go(this.#n - 1)) : null,
        button(last ? "Done" : "Next", () => (last ? this.end() : this.#go(this.#n + 1)), { id: "tour-next" }),
        last ? null : button("Skip", () => this.end(), { id: "tour-skip" }),
        html("span", { class: "quiet" }, `${n + 1} of ${this.#stops.length}`),
      ),
    );
    byId("tour-next").focus();
  }
}
