// The projection of the map, in radians: x to the east, y to the south.

const RAD = Math.PI / 180;
const POLE_DEG = 85; // the projection has no pole

export const mercatorX = (lon) => lon * RAD;

export function mercatorY(lat) {
  const held = Math.min(Math.max(lat, -POLE_DEG), POLE_DEG);
  return -Math.log(Math.tan(Math.PI / 4 + (held * RAD) / 2));
}

export const longitude = (x) => x / RAD;

export const latitude = (y) => (2 * Math.atan(Math.exp(-y)) - Math.PI / 2) / RAD;
