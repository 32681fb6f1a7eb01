// What the service tells by itself: alerts as they are stored, and positions as they come.

import { query } from "./api";
import { shipName } from "./dom";
import type { Live } from "./live";
import { heard } from "./panels/alerts";
import { status } from "./panels/frame";
import type { Selected } from "./selected";
import { Stream } from "./sse";
import { state } from "./state";
import { MINUTE } from "./time";
import type { Timeline } from "./timeline/timeline";
import type { Alert, Columns } from "./types";

interface Hearing {
  live: Live;
  timeline: Timeline;
  selected: Selected;
  load: () => void; // everything anew, after a cut
}

export function hear({ live, timeline, selected, load }: Hearing): void {
  const alert = (said: Alert): void => {
    const { name, mmsi, severity } = said.properties;
    if (heard(said) === "raised") status(`New alert: ${shipName(name, mmsi)}, ${severity}.`);
    void selected.changed(said.id);
  };
  const positions = (said: Columns): void => {
    live.add(said);
    if (live.newest > timeline.whole.to) timeline.setWhole({ ...timeline.whole, to: live.newest });
    if (!timeline.live) return;
    timeline.at = live.newest;
    state.set({ minute: Math.floor(timeline.at / MINUTE) * MINUTE });
    timeline.draw();
  };
  const stream = new Stream(
    `api/v1/stream?${query({ bbox: "-180,-90,180,90" })}`,
    ({ event, data }) => {
      const said = JSON.parse(data);
      if (event === "positions") positions(said);
      else if (event.startsWith("alert.")) alert(said.alert);
    },
    (now) => {
      const before = state.now.connection;
      state.set({ connection: now });
      if (now === "connected" && before !== "connected" && stream.cuts) load();
    },
  );
  void stream.run();
}
