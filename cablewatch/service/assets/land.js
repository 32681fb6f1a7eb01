// Land as one SVG path, decoded from TopoJSON (Natural Earth, 1:50 m, quantised to about 200 m).

import { mercatorX, mercatorY } from "./mercator.js";
import { svg } from "./dom.js";

export const UNITS = 10000; // of the path, in one unit of the projection

// Arcs hold quantised steps; a ring is a list of arcs, where ~n is arc n backwards.
function rings({ arcs, objects, transform }) {
  const { scale, translate } = transform;
  const lines = arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      const [lon, lat] = [x * scale[0] + translate[0], y * scale[1] + translate[1]];
      return `${(mercatorX(lon) * UNITS).toFixed(1)} ${(mercatorY(lat) * UNITS).toFixed(1)}`;
    });
  });
  const line = (n) => (n < 0 ? lines[~n].toReversed() : lines[n]);
  const polygons = objects.land.geometries.flatMap((geometry) => geometry.arcs);
  return polygons.flat().map((ring) => ring.flatMap((n, at) => line(n).slice(at ? 1 : 0)));
}

export async function loadLand(url) {
  const answer = await fetch(url);
  const d = rings(await answer.json()).map((ring) => `M${ring.join("L")}Z`);
  return svg("path", { d: d.join(""), class: "land" });
}
