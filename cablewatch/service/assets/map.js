// A Mercator map as SVG: land, graticule, cables, excerpts of all alerts, and the chosen ship's track.

import { dayTime, figure, svg } from "./dom.js";
import { UNITS } from "./land.js";
import { latitude, longitude, mercatorX, mercatorY } from "./mercator.js";

const STEPS_DEG = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30];
const MIN_STEP_PX = 90;
const MARGIN_PX = 46;
const LABEL_PX = 170; // room that a label wants to its right
const LETTER_PX = 7.4; // mean width of a bold letter of a label

// Lists of positions of any geometry.
export function linesOf(geometry) {
  if (!geometry) return [];
  if (geometry.type === "Point") return [[geometry.coordinates]];
  if (geometry.type === "LineString") return [geometry.coordinates];
  return geometry.type === "MultiLineString" ? geometry.coordinates : [];
}

function degrees(value, positive, negative, digits) {
  const hemisphere = value === 0 ? "" : value > 0 ? positive : negative;
  return `${Math.abs(value).toFixed(digits)}°${hemisphere}`;
}

export class ChartMap {
  constructor(node) {
    this.node = node;
    this.cables = [];
    this.alerts = [];
    this.land = svg("path");
    this.chosen = null; // {alert, lines, crossings}
    this.onChoose = () => {};
    this.centre = [mercatorX(19), mercatorY(57)];
    this.scale = 2000; // px per unit of the projection
    new ResizeObserver(() => this.draw()).observe(node);
    this.#listen();
  }

  get size() {
    return [this.node.clientWidth || 600, this.node.clientHeight || 400];
  }

  project([lon, lat]) {
    const [width, height] = this.size;
    return [
      width / 2 + (mercatorX(lon) - this.centre[0]) * this.scale,
      height / 2 + (mercatorY(lat) - this.centre[1]) * this.scale,
    ];
  }

  fit(lines) {
    const positions = lines.flat();
    if (!positions.length) return;
    const xs = positions.map((p) => mercatorX(p[0]));
    const ys = positions.map((p) => mercatorY(p[1]));
    const [left, right] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
    const [top, bottom] = [ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))];
    const [width, height] = this.size;
    this.centre = [(left + right) / 2, (top + bottom) / 2];
    this.scale = Math.min(
      (width - 2 * MARGIN_PX) / Math.max(right - left, 1e-4),
      (height - 2 * MARGIN_PX) / Math.max(bottom - top, 1e-4),
    );
    this.draw();
  }

  fitAll() {
    const features = [...this.cables, ...this.alerts];
    this.fit(features.flatMap((feature) => linesOf(feature.geometry)));
  }

  zoom(factor, at = this.size.map((length) => length / 2)) {
    const [width, height] = this.size;
    const change = (1 - 1 / factor) / this.scale;
    this.centre[0] += (at[0] - width / 2) * change;
    this.centre[1] += (at[1] - height / 2) * change;
    this.scale *= factor;
    this.draw();
  }

  pan(dx, dy) {
    this.centre[0] -= dx / this.scale;
    this.centre[1] -= dy / this.scale;
    this.draw();
  }

  draw() {
    const [width, height] = this.size;
    this.node.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const at = [width / 2 - this.centre[0] * this.scale, height / 2 - this.centre[1] * this.scale];
    this.land.setAttribute("transform", `translate(${at.join(" ")}) scale(${this.scale / UNITS})`);
    this.node.replaceChildren(
      this.land,
      this.#graticule(),
      this.#routes(),
      this.#excerpts(),
      this.#track(),
    );
  }

  path(lines) {
    return lines
      .map((line) => {
        const points = line.map((p) => this.project(p).map((n) => n.toFixed(1)).join(" "));
        return `M${points.join("L")}${points.length === 1 ? "h0" : ""}`;
      })
      .join("");
  }

  #graticule() {
    const [width, height] = this.size;
    const group = svg("g", { class: "graticule" });
    const west = longitude(this.centre[0] - width / 2 / this.scale);
    const east = longitude(this.centre[0] + width / 2 / this.scale);
    const north = latitude(this.centre[1] - height / 2 / this.scale);
    const south = latitude(this.centre[1] + height / 2 / this.scale);
    const wide = STEPS_DEG.find((s) => (s / (east - west)) * width >= MIN_STEP_PX) ?? 30;
    const high = STEPS_DEG.find((s) => (s / (north - south)) * height >= MIN_STEP_PX * 0.7) ?? 30;
    const digits = (step) => (step >= 1 ? 0 : step >= 0.5 || step === 0.1 ? 1 : 2);
    for (let n = Math.ceil(west / wide); n * wide <= east; n++) {
      const [x] = this.project([n * wide, 0]);
      group.append(
        svg("line", { x1: x, x2: x, y1: 0, y2: height }),
        svg("text", { x: x + 4, y: 14 }, degrees(n * wide, "E", "W", digits(wide))),
      );
    }
    for (let n = Math.ceil(south / high); n * high <= north; n++) {
      const [, y] = this.project([0, n * high]);
      group.append(
        svg("line", { x1: 0, x2: width, y1: y, y2: y }),
        svg("text", { x: 6, y: y - 4 }, degrees(n * high, "N", "S", digits(high))),
      );
    }
    return group;
  }

  #routes() {
    const said = this.chosen?.alert.properties;
    const crossed = new Set(said?.cables.filter((cable) => cable.angle_deg !== null).map((cable) => cable.id));
    const next = new Set(said?.next_cables.map((cable) => cable.id));
    const group = svg("g", { class: "routes" });
    for (const { properties, geometry } of this.cables) {
      const role = next.has(properties.id) ? "next" : crossed.has(properties.id) ? "crossed" : "";
      const title = svg("title", {}, properties.name || properties.id);
      group.append(svg("path", { d: this.path(linesOf(geometry)), class: role }, title));
      if (role === "next") group.append(this.#routeLabel(properties.name || properties.id, geometry));
    }
    return group;
  }

  // The name stands at the vertex of the route that is nearest to the middle of the view.
  #routeLabel(name, geometry) {
    const [width, height] = this.size;
    const off = ([x, y]) => Math.hypot(x - width / 2, y - height / 2);
    const points = linesOf(geometry).flat().map((position) => this.project(position));
    const [x, y] = points.reduce((best, point) => (off(point) < off(best) ? point : best));
    const turned = x > width - LABEL_PX;
    return svg(
      "text",
      { x: x + (turned ? -8 : 8), y: y - 8, class: "next", "text-anchor": turned ? "end" : "start" },
      name,
    );
  }

  #excerpts() {
    const group = svg("g", { class: "alerts" });
    for (const alert of [...this.alerts].reverse()) {
      const lines = linesOf(alert.geometry);
      const said = alert.properties;
      if (!lines.length || alert.id === this.chosen?.alert.id) continue;
      const [x, y] = this.project(lines.at(-1).at(-1));
      const title = svg("title", {}, `${said.name || said.mmsi}, ${said.kind}, ${said.severity}`);
      const node = svg(
        "g",
        { class: said.severity },
        svg("path", { d: this.path(lines) }),
        svg("circle", { cx: x, cy: y, r: 6 }),
        title,
      );
      node.addEventListener("click", () => this.onChoose(alert));
      group.append(node);
    }
    return group;
  }

  #track() {
    if (!this.chosen) return svg("g");
    const { alert, lines, crossings } = this.chosen;
    const gaps = lines.slice(1).map((line, n) => [lines[n].at(-1), line[0]]);
    const near = gaps.filter(([a, b]) => Math.abs(a[0] - b[0]) < 180);
    const group = svg(
      "g",
      { class: `track ${alert.properties.severity}` },
      svg("path", { d: this.path(near), class: "gap" }),
      svg("path", { d: this.path(lines), class: "halo" }),
      svg("path", { d: this.path(lines) }),
    );
    if (lines.length) {
      const [x, y] = this.project(lines.at(-1).at(-1));
      group.append(svg("circle", { cx: x, cy: y, r: 5 }));
    }
    const taken = [];
    for (const { position, crossing, name } of crossings) {
      const [x, y] = this.project(position);
      const label = `${dayTime(crossing.time)} · km ${figure(crossing.km, 1)}`;
      const title = svg("title", {}, `${name}, ${label}`);
      group.append(svg("path", { d: `M${x} ${y - 7}l7 7l-7 7l-7 -7z`, class: "crossing" }, title));
      const beside = this.#room(x, y, Math.max(name.length, label.length) * LETTER_PX, taken);
      if (!beside) continue;
      group.append(
        svg("text", { ...beside, y: y - 3 }, name),
        svg("text", { ...beside, y: y + 12 }, label),
      );
    }
    return group;
  }

  // Where a label of two lines stands free: right or left of its mark, else nowhere.
  #room(x, y, wide, taken) {
    for (const side of [1, -1]) {
      const [left, right] = side > 0 ? [x, x + 12 + wide] : [x - 12 - wide, x];
      const outside = left < 0 || right > this.size[0];
      const crowded = taken.some((t) => left < t.right && right > t.left && Math.abs(y - t.y) < 30);
      if (outside || crowded) continue;
      taken.push({ left, right, y });
      return { x: x + side * 12, "text-anchor": side > 0 ? "start" : "end" };
    }
    return null;
  }

  #listen() {
    let last = null;
    this.node.addEventListener("pointerdown", (event) => {
      last = [event.clientX, event.clientY];
    });
    this.node.addEventListener("pointermove", (event) => {
      if (!last || !event.buttons) return;
      this.pan(event.clientX - last[0], event.clientY - last[1]);
      last = [event.clientX, event.clientY];
    });
    this.node.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const box = this.node.getBoundingClientRect();
        const at = [event.clientX - box.left, event.clientY - box.top];
        this.zoom(event.deltaY < 0 ? 1.25 : 0.8, at);
      },
      { passive: false },
    );
    this.node.addEventListener("keydown", (event) => {
      const keys = {
        ArrowLeft: () => this.pan(60, 0),
        ArrowRight: () => this.pan(-60, 0),
        ArrowUp: () => this.pan(0, 60),
        ArrowDown: () => this.pan(0, -60),
        "+": () => this.zoom(1.5),
        "-": () => this.zoom(1 / 1.5),
        0: () => this.fitAll(),
      };
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
  }
}
