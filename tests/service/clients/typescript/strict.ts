// What the generated types refuse; tsc reports a line that expects an error and has none.

import type { components, operations } from "./cablewatch.js";

type Schemas = components["schemas"];
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export const named: [
  Same<Schemas["AlertProperties"]["severity"], Schemas["Severity"]>,
  Same<Schemas["AlertEvent"]["alert"], Schemas["AlertFeature"]>,
  Same<Schemas["AlertProperties"]["ended"], string | null>,
  Same<NonNullable<operations["listAlerts"]["parameters"]["query"]>["mmsi"], number | undefined>,
] = [true, true, true, true];

export function refused(alert: Schemas["AlertWithHistory"], problem: Schemas["Problem"]): void {
  // @ts-expect-error: no severity
  alert.properties.severity = "grave";
  // @ts-expect-error: no kind
  if (alert.properties.kind === "sinking") return;
  // @ts-expect-error: an alert may be open
  alert.properties.ended.slice();
  // @ts-expect-error: a figure may be missing
  alert.properties.evidence[0]!.value.toFixed();
  // @ts-expect-error: no such member
  problem.message;
}
