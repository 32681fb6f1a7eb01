// The frame of the page: banner, tabs, legend, whom the data are owed to.

import { CLASSES } from "../classes";
import { byId, html, meta, time } from "../dom";
import type { Connection } from "../sse";
import { select, SEVERITIES, state, TABS, type Tab } from "../state";
import { palette } from "../theme";
import type { Cables, Run } from "../types";

const READ_MS = 12_000;
let told: ReturnType<typeof setTimeout>;

// What has just happened, said over the map for as long as it takes to read.
export function status(text: string): void {
  byId("status").textContent = text;
  clearTimeout(told);
  told = setTimeout(() => (byId("status").textContent = ""), READ_MS);
}

// What a reader must know before any alert: that data are missing, or made by a model.
export function warnings(run: Run): string[] {
  const cut = run.replays.filter((replay) => !replay.ended);
  const faults = run.replays.flatMap((replay) => replay.faults);
  const said = [];
  if (!run.replays.length) said.push("Incomplete: no replay into this store is known.");
  if (cut.length) said.push(`Incomplete: ${cut.map((replay) => replay.title).join("; ")} is still running, or was cut.`);
  if (faults.length) said.push(`Not all was read: ${faults.join("; ")}.`);
  if (run.modelled.length) said.push("Modelled: positions marked reconstructed or invented were never recorded.");
  return said;
}

const SOUND = "Complete: all of it was read, and no position is made by a model.";

// A line that is always there, for what comes into it must not move the map; a click shows all of it.
export function banner(run: Run): void {
  const said = warnings(run);
  byId("banner").classList.toggle("warns", said.length > 0);
  byId("banner").querySelector("span")!.textContent = said.join(" ") || SOUND;
  if (run.title) byId("title").textContent = document.title = run.title;
  byId("span").textContent = run.from ? `${time(run.from)} to ${time(run.to)}` : "";
}

export function about(run: Run, cables: Cables): void {
  byId("about-text").textContent = run.about || "This store does not say where its data come from.";
  byId("note").textContent = cables.note;
  const owed = run.attribution.length ? `Data: ${run.attribution.join("; ")}. ` : "";
  byId("made-by").textContent = `${owed}${run.created_by ? `Made by ${run.created_by}.` : ""}`;
}

// Whom the routes are owed to, as the file of routes says, and the tiles, as the settings do.
export function credit(attribution: string): void {
  const tiles = meta("tiles-credit");
  const licence = attribution.includes("OpenStreetMap") ? html("a", { href: "https://www.openstreetmap.org/copyright" }, attribution) : attribution;
  byId("credit").replaceChildren(...(attribution ? ["Cable routes: ", licence, "."] : []), tiles ? ` Tiles: ${tiles}.` : "");
}

const CONNECTIONS: Record<Connection, string> = { connecting: "connecting", connected: "live", cut: "no connection, trying again" };

export function connection(now: Connection | null): void {
  const node = byId("connection");
  if (now === "connecting" && node.classList.contains("cut")) return;
  node.hidden = now === null;
  node.className = `chip ${now ?? ""}`;
  node.textContent = now ? CONNECTIONS[now] : "";
}

export function legend(): void {
  const said = palette();
  const row = (kind: string, colour: string, text: string): HTMLElement => {
    const key = html("span", { class: `key ${kind}`, "aria-hidden": "true" });
    key.style.setProperty("--key", said(colour));
    return html("li", {}, key, text);
  };
  byId("legend").replaceChildren(
    row("", "cable", "cable"),
    row("", "next", "next cable"),
    ...[...SEVERITIES].reverse().map((severity) => row("", severity, `alert, ${severity}`)),
    row("gap", "quiet", "gap in a track"),
    ...CLASSES.map(({ id, name }) => row("dot", `ship-${id}`, name)),
    html("li", {}, "Line ahead: 6 min"),
    html("li", {}, "Dashed ring: no fix"),
  );
}

export function showTab(tab: Tab): void {
  for (const one of TABS) {
    const node = byId(`tab-${one}`);
    node.setAttribute("aria-selected", String(one === tab));
    node.tabIndex = one === tab ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${tab}`);
}

export function listenToTabs(): void {
  const open = (tab: Tab): void => {
    select(null);
    state.set({ tab });
  };
  TABS.forEach((tab, n) => {
    const node = byId(`tab-${tab}`);
    node.addEventListener("click", () => open(tab));
    node.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      const next = TABS[(n + by + TABS.length) % TABS.length]!;
      open(next);
      byId(`tab-${next}`).focus();
    });
  });
  byId("help-open").addEventListener("click", () => byId<HTMLDialogElement>("help").showModal());
}
