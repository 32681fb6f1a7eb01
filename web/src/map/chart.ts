// The map: MapLibre with our own style and data, north up, and what is drawn of cables and alerts.

import type { FeatureCollection } from "geojson";
import { addProtocol, Map as Chart, setWorkerUrl, type GeoJSONSource, type MapMouseEvent } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { View } from "../link";
import { palette } from "../theme";
import type { Position } from "../types";
import { loadBasemap } from "./basemap";
import { degrees, graticule } from "./graticule";
import { chartStyle, GROUND, type Source } from "./style";

setWorkerUrl(new URL(workerUrl, import.meta.url).href);

const CORNER_PX = 36; // where names of meridians and parallels would meet

export const collection = (features: FeatureCollection["features"]): FeatureCollection => ({ type: "FeatureCollection", features });

export interface Picked {
  alert: string | null;
  cable: string | null;
}

export class ChartMap {
  readonly map: Chart;
  #data = new Map<Source, FeatureCollection>();
  #said = new Map<Source, string>();
  #ready = false;

  constructor(
    readonly node: HTMLElement,
    private readonly edge: HTMLElement,
    private readonly tiles: string | null,
    complain: (error: { message: string }) => void,
  ) {
    const basemap = loadBasemap(complain); // at once, so that it is here when the map asks
    addProtocol(GROUND, async ({ url }) => ({ data: (await basemap)(url.slice(GROUND.length + 3)) }));
    this.map = new Chart({
      container: node,
      center: [19, 57],
      zoom: 5,
      maxZoom: 16,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      rollEnabled: false,
      fadeDuration: 0,
      renderWorldCopies: true,
      canvasContextAttributes: { antialias: false },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.on("error", ({ error }) => complain(error));
    this.map.on("style.load", () => this.#restyled());
    this.map.on("moveend", () => this.#edges());
    this.map.getCanvas().setAttribute("aria-label", "Map. Arrow keys move it, plus and minus zoom.");
  }

  // Whether all that belongs on the map is on it.
  get whole(): boolean {
    return this.map.loaded();
  }

  // Draw the map, or draw it anew in the colours of now.
  restyle(): void {
    this.#ready = false;
    this.map.setStyle(chartStyle(palette(), this.tiles), { diff: false });
  }

  // Data that say the same are not drawn anew.
  set(source: Source, data: FeatureCollection): void {
    const said = JSON.stringify(data.features.map(({ properties, geometry }) => [properties, source === "cables" || source === "alerts" ? 0 : geometry]));
    if (this.#said.get(source) === said) return;
    this.#said.set(source, said);
    this.#data.set(source, data);
    if (this.#ready) this.map.getSource<GeoJSONSource>(source)?.setData(data);
  }

  get view(): View {
    const { lng, lat } = this.map.getCenter();
    return { lat, lon: lng, zoom: this.map.getZoom() };
  }

  set view({ lat, lon, zoom }: View) {
    this.map.jumpTo({ center: [lon, lat], zoom });
  }

  fit(positions: Position[], most = 10): void {
    if (!positions.length) return;
    const lons = positions.map(([lon]) => lon);
    const lats = positions.map(([, lat]) => lat);
    const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
    const greatest = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
    const room = Math.min(70, this.node.clientWidth / 8, this.node.clientHeight / 8);
    this.map.fitBounds([[least(lons), least(lats)], [greatest(lons), greatest(lats)]], { padding: room, maxZoom: most, animate: false });
  }

  picked(event: MapMouseEvent): Picked {
    const at = (layer: string): string | null => {
      if (!this.#ready) return null;
      const [found] = this.map.queryRenderedFeatures(event.point, { layers: [layer] });
      return (found?.properties.id as string | undefined) ?? null;
    };
    return { alert: at("excerpts-hit"), cable: at("cables-hit") };
  }

  #restyled(): void {
    this.#ready = true;
    for (const [name, data] of this.#data) this.map.getSource<GeoJSONSource>(name)?.setData(data);
    this.#edges();
  }

  // The graticule of this view, named along the edges as on a chart.
  #edges(): void {
    const bounds = this.map.getBounds();
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const wide = 0.6;
    const [dx, dy] = [(east - west) * wide, (north - south) * wide];
    const { lines } = graticule({ west: west - dx, south: south - dy, east: east + dx, north: north + dy });
    if (this.#ready) this.map.getSource<GeoJSONSource>("graticule")?.setData(lines);
    const { lons, lats } = graticule({ west, south, east, north });
    const label = (name: string, style: "left" | "top", px: number): HTMLElement | "" => {
      if (px < CORNER_PX) return "";
      const node = document.createElement("span");
      node.className = style === "left" ? "lon" : "lat";
      node.textContent = name;
      node.style[style] = `${Math.round(px)}px`;
      return node;
    };
    this.edge.replaceChildren(
      ...lons.map((lon) => label(degrees(lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon, "E", "W"), "left", this.map.project([lon, (south + north) / 2]).x)),
      ...lats.map((lat) => label(degrees(lat, "N", "S"), "top", this.map.project([(west + east) / 2, lat]).y)),
    );
  }
}

// Whether this browser can draw the map at all.
export function drawsMaps(): boolean {
  return document.createElement("canvas").getContext("webgl2") !== null;
}
