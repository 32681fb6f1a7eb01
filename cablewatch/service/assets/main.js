// The page's state: which alerts are listed, and which one is chosen.

import { badge, detail } from "./detail.js";
import { byId, duration, figure, html, origin, time, words } from "./dom.js";
import { request } from "./key.js";
import { loadLand } from "./land.js";
import { ChartMap, linesOf } from "./map.js";

const HOUR_MS = 3600000;
const BEFORE_MS = 6 * HOUR_MS; // of the track, ahead of the start of the behaviour
const AFTER_MS = HOUR_MS;
const POLL_MS = 30000; // while a replay still writes
const FIRST_PAGE = "api/v1/alerts?sort=-severity&limit=200";
const SEVERITIES = ["info", "watch", "warning", "critical"];
const NO_TRACK = { geometry: null, properties: { times: [], sog_kn: [], gaps: [], modelled: [] } };

const NOTHING = {
  found: "No alerts: no ship did over these cables what the rules look for. That is a result, not an error.",
  read: "No alerts: there is no fix in this store yet.",
};

const map = new ChartMap(byId("map"));
const cableNames = new Map();
const cableName = (id) => cableNames.get(id) ?? id;
let nextPage = null;
let choices = 0;
let stored = null; // what the service says of the run

async function get(url) {
  const answer = await request(url, { Accept: "application/json" });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(`The service did not answer as expected: ${said.detail ?? answer.statusText}`), { status: answer.status });
  return said;
}

function byUrgency(a, b) {
  const rank = (alert) => SEVERITIES.indexOf(alert.properties.severity);
  return rank(b) - rank(a) || b.properties.probability - a.properties.probability;
}

// The other cables met have no angle: the ship was in their corridor and did not cross the line.
function isCrossing(met) {
  return met.angle_deg !== null;
}

function item(alert) {
  const said = alert.properties;
  const next = said.next_cables[0];
  const met = said.cables.filter(isCrossing).at(-1) ?? said.cables.at(-1);
  const button = html(
    "button",
    { type: "button", id: `alert-${said.id}` },
    html("span", { class: "line" }, badge(said.severity), html("strong", {}, said.name || `MMSI ${said.mmsi}`), origin(said.modelled), html("span", { class: "probability" }, figure(said.probability, 2))),
    html("span", { class: "quiet" }, `${words(said.kind)} · raised ${time(said.raised)}${said.state === "closed" ? " · closed" : ""}`),
    met ? html("span", {}, `${isCrossing(met) ? "Crossed" : "In the corridor of"} ${cableName(met.id)} at ${time(met.time)}, km ${figure(met.km, 1)}`) : null,
    next ? html("span", { class: "next" }, `Next ${cableName(next.id)} in ${duration(Date.parse(next.eta) - Date.parse(said.updated))}`) : null,
  );
  button.addEventListener("click", () => show(said.id));
  return html("li", { class: said.severity }, button);
}

// Where the ship was at a time: on the track, straight between two vertices, also across a gap.
function positionAt(times, positions, moment) {
  const after = times.findIndex((t) => t >= moment);
  if (after < 0 || (after === 0 && times[0] > moment)) return null;
  if (after === 0) return positions[0];
  const [a, b] = [positions[after - 1], positions[after]];
  const share = (moment - times[after - 1]) / Math.max(times[after] - times[after - 1], 1);
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

function trackUrl(said) {
  const from = new Date(Date.parse(said.started) - BEFORE_MS).toISOString();
  const to = new Date(Date.parse(said.ended ?? said.updated) + AFTER_MS).toISOString();
  return `api/v1/vessels/${said.mmsi}/track?from=${from}&to=${to}`;
}

// The address names the chosen alert; what the address says is shown.
function show(id) {
  const hash = id ? `#${encodeURIComponent(id)}` : "";
  if (hash === location.hash) follow();
  else if (hash) location.hash = hash;
  else {
    history.pushState(null, "", location.pathname);
    follow();
  }
}

async function follow() {
  try {
    const id = decodeURIComponent(location.hash.slice(1));
    await (id ? choose(id) : list());
  } catch (error) {
    complain(error);
  }
}

async function choose(id) {
  const turn = ++choices;
  byId("status").textContent = "";
  const alert = await get(`api/v1/alerts/${encodeURIComponent(id)}`).catch((error) => {
    if (turn === choices) list();
    throw error.status === 404 ? new Error(`This store has no alert ${id}.`) : error;
  });
  const track = await get(trackUrl(alert.properties)).catch(() => NO_TRACK);
  if (turn !== choices) return; // another alert was chosen meanwhile
  const lines = linesOf(track.geometry).length ? linesOf(track.geometry) : linesOf(alert.geometry);
  const times = track.properties.times.flat().map(Date.parse);
  const positions = linesOf(track.geometry).flat();
  const crossings = alert.properties.cables
    .filter(isCrossing)
    .map((crossing) => ({
      crossing,
      name: cableName(crossing.id),
      position: positionAt(times, positions, Date.parse(crossing.time)),
    }))
    .filter(({ position }) => position);
  map.chosen = { alert, lines, crossings };
  map.fit(lines);
  byId("list-view").hidden = true;
  byId("detail").hidden = false;
  byId("detail").replaceChildren(...detail(alert, track, cableName, () => show(null)));
  byId("detail").focus({ preventScroll: true });
  byId("detail").scrollIntoView({ block: "start" });
}

function list() {
  choices += 1;
  const id = map.chosen?.alert.id;
  map.chosen = null;
  byId("detail").hidden = true;
  byId("list-view").hidden = false;
  map.fitAll();
  byId(`alert-${id}`)?.focus();
}

async function showAlerts(url) {
  const page = await get(url);
  if (url === FIRST_PAGE) map.alerts = [];
  map.alerts.push(...page.features);
  map.alerts.sort(byUrgency);
  byId("alerts").replaceChildren(...map.alerts.map(item));
  nextPage = page.links.find((link) => link.rel === "next")?.href ?? null;
  byId("more").hidden = nextPage === null;
  const shown = map.alerts.length;
  byId("count").textContent = shown < page.numberMatched ? `${shown} of ${page.numberMatched}` : `${shown}`;
  byId("status").textContent = shown ? "" : NOTHING[stored.from ? "found" : "read"];
  map.draw();
}

// What a reader must know before any alert: that data are missing, or made by a model.
function warnings(run) {
  const cut = run.replays.filter((replay) => !replay.ended);
  const faults = run.replays.flatMap((replay) => replay.faults);
  const said = [];
  if (!run.replays.length) said.push("Incomplete: no replay into this store is known.");
  if (cut.length) said.push(`Incomplete: ${cut.map((replay) => replay.title).join("; ")} is still running, or was cut.`);
  if (faults.length) said.push(`Not all was read: ${faults.join("; ")}.`);
  if (run.modelled.length) said.push("Modelled: positions marked reconstructed or invented were never recorded.");
  return said;
}

function showRun(run) {
  stored = run;
  const said = warnings(run);
  byId("banner").hidden = !said.length;
  byId("banner").replaceChildren(...said.map((text) => html("p", {}, text)));
  if (run.title) byId("title").textContent = document.title = run.title;
  byId("span").textContent = run.from ? `${time(run.from)} to ${time(run.to)}` : "";
  byId("about-text").textContent = run.about || "This store does not say where its data come from.";
  const owed = run.attribution.length ? `Data: ${run.attribution.join("; ")}. ` : "";
  byId("made-by").textContent = `${owed}${run.created_by ? `Made by ${run.created_by}.` : ""}`;
}

async function load() {
  showRun(await get("api/v1/run"));
  const cables = await get("api/v1/cables");
  for (const { properties } of cables.features) cableNames.set(properties.id, properties.name || properties.id);
  map.cables = cables.features;
  byId("note").textContent = cables.note;
  credit(cables.attribution);
  await showAlerts(FIRST_PAGE);
}

// Whom the routes are owed to, as the file of routes says.
function credit(attribution) {
  const licence = attribution.includes("OpenStreetMap")
    ? html("a", { href: "https://www.openstreetmap.org/copyright" }, attribution)
    : attribution;
  byId("credit").replaceChildren(...(attribution ? ["Cable routes: ", licence, "."] : []));
}

async function poll() {
  if (stored.replays.some((replay) => !replay.ended) && !document.hidden) await load();
}

async function start() {
  byId("zoom-in").addEventListener("click", () => map.zoom(1.5));
  byId("zoom-out").addEventListener("click", () => map.zoom(1 / 1.5));
  byId("zoom-all").addEventListener("click", () => map.fitAll());
  byId("more").addEventListener("click", () => showAlerts(nextPage).catch(complain));
  byId("refresh").addEventListener("click", () => load().catch(complain));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && map.chosen) show(null);
  });
  addEventListener("hashchange", follow);
  map.onChoose = (alert) => show(alert.id);
  byId("about").open = matchMedia("(min-width: 60em)").matches;
  loadLand("assets/land-50m.json").then((land) => {
    map.land = land;
    map.draw();
  }, complain);
  await load();
  map.fitAll();
  if (location.hash) await follow();
  setInterval(() => poll().catch(complain), POLL_MS);
}

function complain(error) {
  byId("status").textContent = error.message;
}

start().catch(complain);
