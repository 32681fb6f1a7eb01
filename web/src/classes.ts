// Classes of ships by the AIS type (ITU-R M.1371-5, table 53), with a name and a colour each.

export interface Class {
  id: string;
  name: string;
}

export const CLASSES: Class[] = [
  { id: "cargo", name: "Cargo" },
  { id: "tanker", name: "Tanker" },
  { id: "passenger", name: "Passenger" },
  { id: "fishing", name: "Fishing" },
  { id: "service", name: "Tug, pilot, service" },
  { id: "pleasure", name: "Sailing, pleasure" },
  { id: "other", name: "Other or not said" },
];

export function classOf(type: number | null | undefined): number {
  if (!type) return 6;
  if (type >= 70 && type < 80) return 0;
  if (type >= 80 && type < 90) return 1;
  if ((type >= 60 && type < 70) || (type >= 40 && type < 50)) return 2;
  if (type === 30) return 3;
  if ((type >= 31 && type <= 35) || (type >= 50 && type < 60)) return 4;
  return type === 36 || type === 37 ? 5 : 6;
}
