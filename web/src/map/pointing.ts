// What lies under the pointer, and what a click on it chooses.

import { CLASSES } from "../classes";
import { byId, duration, figure, shipName } from "../dom";
import { cableName, select, state } from "../state";
import type { Timeline } from "../timeline/timeline";
import type { ChartMap } from "./chart";
import type { ShipLayer } from "./ships";

const TIP_PX = 14;

function tip(text: string, x: number, y: number): void {
  const node = byId("tip");
  node.hidden = !text;
  if (!text) return;
  node.textContent = text;
  const { clientWidth, clientHeight } = node.parentElement!;
  const left = Math.min(x + TIP_PX, clientWidth - node.offsetWidth - 4);
  const top = y + TIP_PX + node.offsetHeight > clientHeight ? y - node.offsetHeight - TIP_PX : y + TIP_PX;
  node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

export function pointing(chart: ChartMap, ships: ShipLayer, timeline: Timeline): void {
  const { map } = chart;
  const canvas = map.getCanvasContainer();
  map.on("mousemove", (event) => {
    const ship = ships.at(event.point.x, event.point.y);
    const { alert, cable } = ship ? { alert: null, cable: null } : timeline.playing ? { alert: null, cable: null } : chart.picked(event);
    canvas.classList.toggle("pointing", Boolean(ship || alert || cable));
    if (ship) {
      const kind = CLASSES[ships.classes.get(ship.mmsi) ?? CLASSES.length - 1]!.name;
      const speed = Number.isNaN(ship.sog) ? "speed not said" : figure(ship.sog, 1, "kn");
      const course = Number.isNaN(ship.course) ? "" : `, ${String(Math.round(ship.course) % 360).padStart(3, "0")}°`;
      const heard = ship.gap ? `\nno fix for ${duration(ship.heardMs)}` : "";
      tip(`${shipName(ships.names.get(ship.mmsi), ship.mmsi)}\n${kind} · ${speed}${course}${heard}`, event.point.x, event.point.y);
    } else if (alert) {
      const said = state.now.alerts.find((one) => one.id === alert)?.properties;
      tip(said ? `${shipName(said.name, said.mmsi)}: ${said.severity}` : "", event.point.x, event.point.y);
    } else tip(cable ? cableName(cable) : "", event.point.x, event.point.y);
  });
  map.on("mouseout", () => tip("", 0, 0));
  map.on("click", (event) => {
    const ship = ships.at(event.point.x, event.point.y);
    const { alert, cable } = ship ? { alert: null, cable: null } : chart.picked(event);
    const own = ship && state.now.alerts.find(({ properties }) => properties.mmsi === ship.mmsi);
    if (own) select({ kind: "alert", id: own.id });
    else if (ship) select({ kind: "ship", id: String(ship.mmsi) });
    else if (alert) select({ kind: "alert", id: alert });
    else if (cable) select({ kind: "cable", id: cable });
  });
}
