// What is chosen: its details beside the map, its track on it, its curves below.

import { get, newest, query, Refused } from "./api";
import { byId, linesOf } from "./dom";
import { collection, type ChartMap } from "./map/chart";
import { drawnCrossings, drawnGaps, drawnRanking, drawnTrack, positionAt } from "./map/draw";
import type { ShipLayer } from "./map/ships";
import { ahead, alertDetail, knownAt } from "./panels/alert";
import { cableDetail } from "./panels/cables";
import { status } from "./panels/frame";
import { review, type Review } from "./panels/review";
import { shipDetail, vessel } from "./panels/ships";
import { cableName, select, state } from "./state";
import { palette } from "./theme";
import { DAY, HOUR, iso, MINUTE, type Span } from "./time";
import { curvesOf, curvesOfShip, type Curves } from "./timeline/curves";
import type { Timeline } from "./timeline/timeline";
import type { AlertProperties, AlertWithHistory, Ranking, Track } from "./types";

const BEFORE_MS = 6 * HOUR; // of the track, ahead of the start of the behaviour
const AFTER_MS = HOUR;
const LONGEST_MS = 7 * DAY;
const NO_TRACK: Track = { geometry: null, properties: { times: [], sog_kn: [], gaps: [], modelled: [] } };

interface ChosenAlert {
  alert: AlertWithHistory;
  track: Track;
  curves: Curves;
  reviewed: Review;
}

export class Selected {
  settled: Promise<void> = Promise.resolve();
  keep = { time: false, view: false }; // as a link says them
  #turn = 0;
  #newest = newest<AlertWithHistory>();
  #alert: ChosenAlert | null = null;
  #track: Track = NO_TRACK;
  #version: string | null = null;
  #returnTo: string | null = null;

  constructor(
    private readonly chart: ChartMap | null,
    private readonly ships: ShipLayer | null,
    private readonly timeline: Timeline,
  ) {}

  // What the chosen alert says at this moment.
  get said(): AlertProperties | null {
    if (!this.#alert) return null;
    const { alert } = this.#alert;
    return (state.now.minute && knownAt(alert, state.now.minute + MINUTE)) || alert.properties;
  }

  choose(): Promise<void> {
    this.settled = this.#choose();
    return this.settled;
  }

  async #choose(): Promise<void> {
    const turn = ++this.#turn;
    const { selection } = state.now;
    const current = () => turn === this.#turn;
    this.#clear();
    if (!selection) return this.#list();
    this.#returnTo = `${selection.kind}-${selection.id}`;
    try {
      if (selection.kind === "alert") await this.#chooseAlert(selection.id, current);
      else if (selection.kind === "cable") await this.#chooseCable(selection.id, current);
      else await this.#chooseShip(Number(selection.id), current);
    } catch (error) {
      if (!current()) return;
      select(null);
      const missing = error instanceof Refused && error.status === 404;
      status(missing ? `This store has no ${selection.kind} ${selection.id}.` : (error as Error).message);
    } finally {
      if (current()) this.keep = { time: false, view: false };
    }
  }

  // Another version or a review of an alert is stored.
  async changed(id: string): Promise<void> {
    if (this.#alert?.alert.id !== id) return;
    const turn = this.#turn;
    const alert = await this.#newest(get(`api/v1/alerts/${encodeURIComponent(id)}`));
    if (!alert || turn !== this.#turn) return;
    const curves = curvesOf(alert, this.#track, cableName);
    this.#alert = { ...this.#alert, alert, curves };
    this.#alert.reviewed.tell(alert);
    this.timeline.curves = curves;
    this.#showAlert();
  }

  // A minute went by: what was known changes with it, and the countdown in any case.
  minute(): void {
    const said = this.said;
    if (!said) return;
    if (said.updated !== this.#version) return this.#showAlert();
    const now = ahead(said, state.now.minute);
    const shown = byId("detail").querySelector(".countdown");
    if (now && shown) shown.replaceWith(now);
  }

  redraw(): void {
    const said = palette();
    this.chart?.set("track", drawnTrack(this.#track, this.#alert?.curves ?? null, said));
  }

  centre(at: number, zoom: number): void {
    const times = this.#track.properties.times.flat().map(Date.parse);
    const found = positionAt(times, linesOf(this.#track.geometry).flat(), at);
    if (found && this.chart) this.chart.view = { lon: found[0], lat: found[1], zoom };
  }

  #clear(): void {
    this.#alert = null;
    this.#track = NO_TRACK;
    if (this.ships) this.ships.chosen = null;
    for (const source of ["track", "gaps", "crossings", "suspects", "fault"] as const) this.chart?.set(source, collection([]));
  }

  #list(): void {
    this.timeline.curves = null;
    byId("detail").hidden = true;
    byId("panel").hidden = false;
    if (this.#returnTo) document.getElementById(this.#returnTo)?.focus();
    this.#returnTo = null;
  }

  #show(nodes: Node[]): void {
    const detail = byId("detail");
    byId("panel").hidden = true;
    detail.hidden = false;
    const stays = nodes.findIndex((node) => node.parentNode === detail); // somebody writes or presses in it
    if (stays < 0) return detail.replaceChildren(...nodes);
    for (const node of [...detail.childNodes]) if (node !== nodes[stays]) node.remove();
    detail.prepend(...nodes.slice(0, stays));
    detail.append(...nodes.slice(stays + 1));
  }

  #focus(): void {
    byId("detail").focus({ preventScroll: true });
    byId("detail").parentElement!.scrollTop = 0;
  }

  #draw(track: Track, mmsi: number): void {
    this.#track = track;
    if (this.ships) this.ships.chosen = mmsi;
    this.chart?.set("gaps", drawnGaps(track));
    this.redraw();
    if (!this.keep.view) this.chart?.fit(linesOf(track.geometry).flat());
  }

  async #chooseAlert(id: string, current: () => boolean): Promise<void> {
    const alert = await get<AlertWithHistory>(`api/v1/alerts/${encodeURIComponent(id)}`);
    const said = alert.properties;
    const span = { from: Date.parse(said.started) - BEFORE_MS, to: Date.parse(said.ended ?? said.updated) + AFTER_MS };
    const track = await this.#loadTrack(said.mmsi, span).catch(() => NO_TRACK);
    if (!current()) return;
    if (!track.geometry) track.geometry = alert.geometry;
    const curves = curvesOf(alert, track, cableName);
    this.#alert = { alert, track, curves, reviewed: review(alert, () => this.changed(alert.id)) };
    this.#draw(track, said.mmsi);
    this.chart?.set("crossings", drawnCrossings(alert, track));
    this.timeline.curves = curves;
    this.timeline.show(span);
    const outside = this.timeline.at < span.from || this.timeline.at > span.to;
    if (!this.keep.time && outside && !this.timeline.live) this.timeline.go(Date.parse(said.updated));
    this.#showAlert();
    this.#focus();
  }

  #showAlert(): void {
    if (!this.#alert) return;
    const { alert, track, curves, reviewed } = this.#alert;
    this.#version = this.said!.updated;
    const go = (at: number) => this.timeline.go(at);
    const play = (from: number) => {
      this.timeline.go(from);
      this.timeline.toggle(true);
    };
    this.#show(alertDetail(alert, track, curves, reviewed.node, { go, play }));
  }

  async #chooseCable(id: string, current: () => boolean): Promise<void> {
    this.timeline.curves = null;
    const drawn = (ranking: Ranking | null) => {
      const { suspects, fault } = drawnRanking(ranking);
      this.chart?.set("suspects", suspects);
      this.chart?.set("fault", fault);
    };
    const show = (span: Span) => {
      this.timeline.show(span);
      void this.#chooseCable(id, current);
    };
    const { cable, nodes } = await cableDetail(id, this.timeline.window, this.timeline.at, { go: (at) => this.timeline.go(at), show, drawn });
    if (!current()) return;
    this.#show(nodes);
    this.#focus();
    if (!this.keep.view) this.chart?.fit(linesOf(cable.geometry).flat());
  }

  async #chooseShip(mmsi: number, current: () => boolean): Promise<void> {
    const { whole } = this.timeline;
    const span = { from: Math.max(whole.from, whole.to - LONGEST_MS), to: whole.to };
    const [ship, track] = await Promise.all([vessel(mmsi), this.#loadTrack(mmsi, span)]);
    if (!current()) return;
    this.#draw(track, mmsi);
    this.timeline.curves = curvesOfShip(track);
    const show = (window: Span) => {
      this.timeline.show(window);
      this.timeline.go(Math.max(window.from, whole.from));
    };
    this.#show(shipDetail(ship, track, show));
    this.#focus();
  }

  #loadTrack(mmsi: number, { from, to }: Span): Promise<Track> {
    return get<Track>(`api/v1/vessels/${mmsi}/track?${query({ from: iso(from), to: iso(to) })}`);
  }
}
