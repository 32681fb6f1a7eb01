// Keys that hold on the whole page, unless somebody writes.

import { byId } from "./dom";
import { select, state } from "./state";
import { MINUTE } from "./time";
import { SPEEDS, type Timeline } from "./timeline/timeline";

const WRITING = "input, textarea, select, dialog *";
const PRESSED = `${WRITING}, button, summary, a`;

export function listenToKeys(timeline: Timeline, endTour: () => void): void {
  const faster = (by: number) => timeline.setSpeed(SPEEDS[Math.min(Math.max(SPEEDS.indexOf(timeline.speed) + by, 0), SPEEDS.length - 1)]!);
  const keys: Record<string, () => void> = {
    " ": () => timeline.toggle(),
    ",": () => timeline.go(timeline.at - MINUTE),
    ".": () => timeline.go(timeline.at + MINUTE),
    "[": () => faster(-1),
    "]": () => faster(1),
    "/": () => {
      select(null);
      state.set({ tab: "ships" });
      byId("search").focus();
    },
    Escape: () => (byId("tour").hidden ? select(null) : endTour()),
  };
  document.addEventListener("keydown", (event) => {
    const target = event.target as Element;
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches(event.key === " " ? PRESSED : WRITING) && !(event.key === "Escape" && !target.closest("dialog"))) return;
    event.preventDefault();
    act();
  });
}
