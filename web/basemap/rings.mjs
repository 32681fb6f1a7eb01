// A ring that goes on beyond 180 degrees where it meets them, and one about a pole over the pole:
// on a plane, a step from 180 to -180 would be an edge across the whole world.
export function unwrapped(ring) {
  let [turns, before] = [0, ring[0][0]];
  const open = ring.map(([lon, lat]) => {
    turns -= Math.round((lon - before) / 360);
    before = lon;
    return [lon + 360 * turns, lat];
  });
  const pole = ring[0][1] < 0 ? -90 : 90;
  return turns ? [...open, [open.at(-1)[0], pole], [open[0][0], pole], open[0]] : open;
}
