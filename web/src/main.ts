// The page: what is chosen, what time it is, and who draws it.

import "./palette.css";
import "./style.css";
import { get, listenToLinks, query, Refused } from "./api";
import { Blocks, heardIn } from "./blocks";
import { classOf } from "./classes";
import { byId, linesOf, meta, renew, shipName } from "./dom";
import { Fleet } from "./fleet";
import { hear } from "./hearing";
import { listenToKeys } from "./keys";
import { read, written, type Link } from "./link";
import { Live } from "./live";
import { ChartMap, drawsMaps } from "./map/chart";
import { drawnAlerts, drawnCables } from "./map/draw";
import { pointing } from "./map/pointing";
import { ShipLayer } from "./map/ships";
import { alertsPanel, firstRun, loadAlerts } from "./panels/alerts";
import { cablesPanel } from "./panels/cables";
import { about, banner, connection, credit, legend, listenToTabs, showTab, status } from "./panels/frame";
import { shipsPanel } from "./panels/ships";
import { Selected } from "./selected";
import { select, state, TABS, type Tab } from "./state";
import { palette, setTheme, startTheme, theme } from "./theme";
import { AGAIN_MS, HOUR, MINUTE, pause } from "./time";
import { Timeline } from "./timeline/timeline";
import { isDemo, Tour } from "./tour";
import type { Cables, Replays, Run, Vessel } from "./types";

const POLL_MS = 30_000; // while a replay still writes
const ADDRESS_MS = 400;
const SELDOM_MS = 250;
const LISTS_MS = 500; // that the map leaves to the lists, which frames drawn in software hold up
const ALL_SHIPS = 20_000;

startTheme();

const opened = read(location.hash);
const fleet = new Fleet();
const blocks = new Blocks((block) => fleet.add(block), (block) => fleet.drop(block), (error) => status(error.message));
const live = new Live(fleet);
const timeline = new Timeline(moved, () => address());
const mapped = drawsMaps();
if (opened.selection && opened.selection.kind !== "cable") timeline.reserve();
document.querySelector("main")!.hidden = false; // from here on nothing in it moves by itself
const chart = mapped ? new ChartMap(byId("map"), byId("edge"), meta("tiles"), complain) : null;
const ships = chart ? new ShipLayer(chart.map, fleet) : null;
const selected = new Selected(chart, ships, timeline);
const tour = new Tour((stop) => {
  timeline.toggle(false);
  timeline.go(stop.at);
  if (stop.play) timeline.setSpeed(60);
  void selected.settled.then(() => {
    selected.centre(stop.at, stop.zoom);
    if (stop.play) timeline.toggle(true);
  });
});

// Somebody chose a moment.
function moved(): void {
  state.set({ minute: Math.floor(timeline.at / MINUTE) * MINUTE });
  address();
}

let addressing: ReturnType<typeof setTimeout> | undefined;

// What is chosen has an entry in the history; the moments of it have none.
function chosen(): void {
  const { selection } = read(location.hash);
  const now = state.now.selection;
  if (selection?.kind !== now?.kind || selection?.id !== now?.id) history.pushState(null, "", written(here()));
  address();
}

function here(): Link {
  const { selection, tab } = state.now;
  if (!timeline.known) return { selection, at: null, view: null, tab };
  return { selection, at: timeline.live ? null : timeline.at, view: chart?.view ?? null, tab };
}

// The address follows what is seen, once there is a time: until then it still says what to show.
function address(): void {
  clearTimeout(addressing);
  addressing = setTimeout(() => {
    if (timeline.known && !timeline.playing) history.replaceState(null, "", written(here()));
  }, ADDRESS_MS);
}

function marks(): void {
  if (!ships) return;
  const said = palette();
  ships.marked.clear();
  const { alerts, minute } = state.now;
  for (const { properties } of [...alerts].reverse()) {
    const stands = Date.parse(properties.raised) <= minute + MINUTE && Date.parse(properties.ended ?? properties.updated) >= minute - HOUR;
    if (stands) ships.marked.set(properties.mmsi, { colour: said(properties.severity), name: shipName(properties.name, properties.mmsi) });
  }
}

function redraw(): void {
  const { alerts, cables, minute, selection } = state.now;
  chart?.set("alerts", drawnAlerts(alerts, minute + MINUTE, selection?.kind === "alert" ? selection.id : null));
  chart?.set("cables", drawnCables(cables, selected.said, selection?.kind === "cable" ? selection.id : null));
  marks();
}

// Once in a while is enough, however fast the clock goes.
function seldom(act: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      act();
    }, SELDOM_MS);
  };
}

// A list stands still while something in it is pressed: that must still be there when it is let go.
function panel(): void {
  const { tab } = state.now;
  if (document.querySelector("#panel:active, #panel :active")) return panelSoon(); // of a key only the button
  const focused = document.activeElement?.id;
  if (tab === "ships" && document.getElementById("search")) return; // somebody writes in it
  renew(byId("panel"), tab === "alerts" ? alertsPanel() : tab === "cables" ? cablesPanel() : shipsPanel());
  if (focused && byId("panel").querySelector(`[id="${CSS.escape(focused)}"]`)) byId(focused).focus();
}

const panelSoon = seldom(panel);

function times(replays: Replays, run: Run): void {
  blocks.know(replays);
  timeline.replays = replays;
  const heard = heardIn(replays);
  const from = Date.parse(replays.from ?? run.from ?? "") || heard?.from;
  const to = Math.max(Date.parse(replays.to ?? run.to ?? "") || (heard?.to ?? 0), live.newest);
  if (!from || !to) return;
  const first = !timeline.known;
  timeline.setWhole({ from, to: Math.max(to, from + MINUTE) });
  if (first) {
    timeline.at = to;
    state.set({ minute: Math.floor(to / MINUTE) * MINUTE });
  }
}

async function load(): Promise<void> {
  const replays = get<Replays>("api/v1/replays");
  const [run, cables] = await Promise.all([get<Run>("api/v1/run"), get<Cables>("api/v1/cables"), loadAlerts()]);
  state.set({ run, cables: cables.features });
  banner(run);
  about(run, cables);
  credit(cables.attribution);
  times(await replays, run);
  status("");
  void fleetNames();
}

async function fleetNames(): Promise<void> {
  const { vessels } = await get<{ vessels: Vessel[] }>(`api/v1/vessels?${query({ limit: ALL_SHIPS })}`);
  for (const { mmsi, name, ship_type } of vessels) {
    ships?.classes.set(mmsi, classOf(ship_type));
    if (name) ships?.names.set(mmsi, name);
  }
}

function follow(link: Link): void {
  if (link.at !== null) timeline.go(link.at);
  if (link.view && chart) chart.view = link.view;
  state.set({ tab: TABS.includes(link.tab as Tab) ? (link.tab as Tab) : state.now.tab, selection: link.selection });
  selected.keep = { time: link.at !== null, view: link.view !== null };
}

let last = performance.now();

// One frame: time goes on, once its block is here, and the ships with it.
function frame(now: number): void {
  const wall = Math.min(now - last, 250);
  last = now;
  const ready = blocks.need(timeline.at, timeline.playing ? timeline.speed : 0);
  if (timeline.playing && ready) {
    timeline.tick(wall);
    state.set({ minute: Math.floor(timeline.at / MINUTE) * MINUTE });
  }
  if (document.visibilityState === "visible") {
    const drawn = ships?.draw(timeline.at, fleet.changes);
    if (timeline.playing) timeline.head();
    if (drawn) byId("ship-count").textContent = `${ships!.count} ships`;
  }
  requestAnimationFrame(frame);
}

function complain(error: { message: string }): void {
  status(error.message);
}

function everything(): void {
  const { alerts, cables } = state.now;
  chart?.fit([...cables, ...alerts].flatMap(({ geometry }) => linesOf(geometry).flat()), 9);
}

function listen(): void {
  state.on(["tab"], ({ tab }) => showTab(tab));
  state.on(["tab", "alerts", "cables", "run", "matched", "more"], panel);
  state.on(["minute"], () => byId("panel").hidden || state.now.tab !== "alerts" || panelSoon());
  state.on(["alerts", "cables", "selection"], redraw);
  state.on(["minute"], seldom(redraw));
  state.on(["alerts"], ({ alerts }) => {
    timeline.alerts = alerts;
    timeline.draw();
  });
  state.on(["filters"], () => void loadAlerts().catch(complain));
  state.on(["selection"], () => void selected.choose().then(redraw, complain));
  state.on(["selection"], chosen);
  state.on(["tab"], address);
  state.on(["minute"], () => selected.minute());
  state.on(["connection"], ({ connection: now }) => connection(now));
  byId("zoom-in").addEventListener("click", () => chart?.map.zoomIn({ animate: false }));
  byId("zoom-out").addEventListener("click", () => chart?.map.zoomOut({ animate: false }));
  byId("zoom-all").addEventListener("click", everything);
  byId("tour-start").addEventListener("click", () => void tour.start(state.now.alerts));
  byId("copy-link").addEventListener("click", () => {
    if (timeline.known) history.replaceState(null, "", written(here()));
    void navigator.clipboard?.writeText(location.href).then(() => status("The link is copied."), () => status("The link is in the address bar."));
  });
  byId("theme").addEventListener("click", () => {
    setTheme(theme() === "dark" ? "light" : "dark");
    dressed();
    chart?.restyle();
    ships?.restyle();
    selected.redraw();
    redraw();
    timeline.draw();
  });
  chart?.map.on("moveend", address);
  if (chart && ships) pointing(chart, ships, timeline);
  listenToTabs();
  listenToLinks(complain);
  listenToKeys(timeline, () => tour.end());
}

function dressed(): void {
  byId("theme").textContent = theme() === "dark" ? "Light" : "Dark";
  legend();
}

// A service without a store yet, or that is not there, is asked again.
async function begin(): Promise<void> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      complain(error as Error);
      if (error instanceof Refused && error.status === 503) byId("panel").replaceChildren(firstRun());
      await pause(AGAIN_MS);
    }
  }
}

async function start(): Promise<void> {
  dressed();
  byId("no-map").hidden = mapped;
  listen();
  requestAnimationFrame(frame);
  const begun = begin();
  void Promise.race([begun, pause(LISTS_MS)]).then(() => chart?.restyle());
  await begun;
  addEventListener("hashchange", () => follow(read(location.hash)));
  const wanted = read(location.hash); // what it was opened with, or what was chosen since
  if (!wanted.view) everything();
  follow(wanted);
  panel();
  redraw();
  byId("tour-start").hidden = !isDemo(state.now.run);
  if (isDemo(state.now.run) && !wanted.selection && wanted.at === null && !tour.seen) void tour.start(state.now.alerts);
  if (state.now.run && !state.now.run.complete && wanted.at === null) timeline.follow(true);
  hear({ live, timeline, selected, load: () => load().catch(complain) });
  setInterval(() => {
    if (!state.now.run?.complete && !document.hidden) void load().catch(complain);
  }, POLL_MS);
}

start().catch(complain);
// for those who measure and test the page from outside
Object.assign(window, { cablewatch: { timeline, fleet, chart, ships, state, select } });
