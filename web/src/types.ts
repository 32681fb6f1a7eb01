// What the API says, as far as the page reads it (docs/api.md).

export type Position = [number, number];
export type Severity = "info" | "watch" | "warning" | "critical";
export type Geometry =
  | { type: "Point"; coordinates: Position }
  | { type: "LineString"; coordinates: Position[] }
  | { type: "MultiLineString"; coordinates: Position[][] }
  | null;

export interface Met {
  id: string;
  km: number | null;
  time: string;
  angle_deg: number | null;
  sog_kn: number | null;
  inferred: boolean;
}

export interface Next {
  id: string;
  distance_m: number | null;
  eta: string;
}

export interface Evidence {
  name: string;
  value: number | null;
  unit: string;
  contribution: number | null;
  text: string;
}

export interface AlertProperties {
  id: string;
  kind: string;
  mmsi: number;
  name: string;
  state: "open" | "closed";
  review: "new" | "acknowledged" | "confirmed" | "dismissed";
  severity: Severity;
  probability: number | null;
  started: string;
  raised: string;
  updated: string;
  ended: string | null;
  cables: Met[];
  next_cables: Next[];
  evidence: Evidence[];
  suppressed_by: string[];
  geometry_confidence: string;
  stations: string[];
  rule_version: string;
  source: string;
  modelled?: "reconstructed" | "invented" | null;
}

export interface Alert {
  id: string;
  geometry: Geometry;
  properties: AlertProperties;
}

export interface ReviewEntry {
  seq: number;
  time: string;
  actor: string;
  action: string;
  to: string | null;
  reason: string | null;
  comment: string | null;
  review: AlertProperties["review"];
}

export interface AlertWithHistory extends Alert {
  history: { version: number; hash: string; properties: AlertProperties }[];
  reviews: ReviewEntry[];
  reported: boolean;
  timeline: {
    severities: { severity: Severity; from: string }[];
    named: { id: string; named: string; severity: Severity; crossed: string | null; lead_h: number | null }[];
  };
}

export interface Page<F> {
  features: F[];
  numberMatched: number;
  links: { rel: string; href: string }[];
}

export interface Cable {
  id: string;
  geometry: Geometry;
  properties: {
    id: string;
    name: string;
    kind: string;
    owner: string;
    status: string;
    source: string;
    licence: string;
    position_class: string;
    position_uncertainty_m: number | null;
    protection_zone_m: number | null;
    zone_basis: string;
    published_length_km: number | null;
  };
}

export interface Cables extends Page<Cable> {
  attribution: string;
  note: string;
}

export interface CableDetail extends Cable {
  statistics: {
    crossings: number;
    alerts: number;
    days: { day: string; crossings: number; alerts: { kind: string; severity: Severity; count: number }[] }[];
  };
}

export interface Crossing {
  id: string;
  geometry: Geometry;
  properties: {
    time: string;
    mmsi: number;
    name: string | null;
    km: number | null;
    angle_deg: number | null;
    sog_at_kn: number | null;
    inferred: boolean;
  };
}

export interface Ranked {
  geometry: Geometry;
  properties: {
    role: "suspect" | "why_not" | "fault";
    rank: number | null;
    mmsi: number;
    name: string;
    score: number | null;
    how: string | null;
    time: string | null;
    km: number | null;
    sog_at_kn: number | null;
    alert: string | null;
    positions: string | null;
    evidence: Evidence[] | null;
    reason: string | null;
    text: string | null;
  };
}

export interface Ranking extends Page<Ranked> {
  notes: string[];
}

export interface Vessel {
  mmsi: number;
  name: string | null;
  imo: number | null;
  callsign: string | null;
  ship_type: number | null;
  destination: string | null;
  draught_m: number | null;
}

export interface Track {
  geometry: Geometry;
  properties: {
    times: string[][];
    sog_kn: (number | null)[][];
    gaps: { start: string; end: string }[];
    modelled: { origin: string; from: string; to: string }[];
  };
}

export interface Run {
  title: string;
  about: string;
  attribution: string[];
  from: string | null;
  to: string | null;
  created_by: string | null;
  complete: boolean;
  replays: { title: string; ended: string | null; faults: string[] }[];
  modelled: { origin: string; from: string | null; to: string | null; mmsi: number[] }[];
}

export interface Replays {
  from: string | null;
  to: string | null;
  block_s: number;
  closed_to: string | null;
  days: { day: string; version: string; fixes: number; counts: number[] }[];
}

export interface Columns {
  start: string;
  mmsi: number[];
  count: number[];
  t_ms: number[];
  lon_e6: number[];
  lat_e6: number[];
  sog_e1: (number | null)[];
  cog_e1: (number | null)[];
  heading: (number | null)[];
  nav_status: (number | null)[];
}
