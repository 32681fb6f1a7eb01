// What the page is about at the moment.

import type { Selection } from "./link";
import { Store } from "./store";
import type { Connection } from "./sse";
import type { Alert, AlertProperties, Cable, Run, Severity } from "./types";

export type Tab = "alerts" | "cables" | "ships";
export const TABS: Tab[] = ["alerts", "cables", "ships"];

export interface Filters {
  severity: string;
  kind: string;
  state: string;
  review: string;
}

export interface State {
  run: Run | null;
  alerts: Alert[]; // as listed, gravest first
  matched: number;
  more: string | null; // address of the next page
  filters: Filters;
  cables: Cable[];
  selection: Selection | null;
  tab: Tab;
  minute: number; // of the moment that is shown
  connection: Connection | null;
  arrived: string | null; // id of the alert that came last
}

export const NO_FILTERS: Filters = { severity: "", kind: "", state: "", review: "" };

export const state = new Store<State>({
  run: null,
  alerts: [],
  matched: 0,
  more: null,
  filters: NO_FILTERS,
  cables: [],
  selection: null,
  tab: "alerts",
  minute: 0,
  connection: null,
  arrived: null,
});

export const SEVERITIES: Severity[] = ["info", "watch", "warning", "critical"];

export const cableName = (id: string): string => state.now.cables.find((cable) => cable.id === id)?.properties.name || id;

export const select = (selection: Selection | null): void => state.set({ selection });

export function byUrgency(a: Alert, b: Alert): number {
  const rank = (alert: Alert) => SEVERITIES.indexOf(alert.properties.severity);
  return rank(b) - rank(a) || (b.properties.probability ?? 0) - (a.properties.probability ?? 0);
}

export function passes({ severity, kind, state: open, review }: Filters, said: AlertProperties): boolean {
  return (
    (!severity || SEVERITIES.indexOf(said.severity) >= SEVERITIES.indexOf(severity as Severity)) &&
    (!kind || said.kind === kind) &&
    (!open || said.state === open) &&
    (!review || said.review === review)
  );
}

// The other cables met have no angle: the ship was in their corridor and did not cross the line.
export const isCrossing = (met: { angle_deg: number | null }): boolean => met.angle_deg !== null;
