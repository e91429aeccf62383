/** What a monitor says: a line for each thing that happens, for people or as JSON. */
import { hex } from "../../encoding/bytes.ts";
import { timestamp, witnessTime } from "../../documents/words.ts";
import { visible } from "../visible.ts";
import type { SoundHead } from "./check-head.ts";
import type { Trouble } from "./trouble.ts";

export interface MonitorReport {
  /** Everything fits; said if there is something new in it. */
  verified: (head: SoundHead) => void;
  /** Something may be wrong, and is looked at again; said once. */
  trouble: (trouble: Trouble) => void;
  alarm: (trouble: Trouble) => void;
}

/** `print` gets whole lines. `now` is in milliseconds since the epoch. */
export function makeReport(print: (line: string) => void, { json, now }: { json: boolean; now: () => number }): MonitorReport {
  let saidHead = "";
  let saidKey = "";
  let saidTrouble = "";

  const say = (event: string, members: Record<string, unknown>, sentence: string): void => {
    const at = timestamp(now());
    // JSON as it is, in one line: whatever it holds of others is escaped or harmless to a reader of JSON.
    print(json ? `${asciiLine({ at, event, ...members })}\n` : `${at} ${event.padEnd(8)} ${visible(sentence)}\n`);
  };
  const troubled = (event: "trouble" | "alarm", { code, message, evidence = null }: Trouble): void =>
    say(event, { code, message, ...(evidence === null ? {} : { evidence }) }, `${code}: ${message}`);

  return {
    verified({ checkpoint, vkey, previousSize }) {
      saidTrouble = "";
      const { origin: log, size } = checkpoint;
      if (vkey !== saidKey) say("key", { log, vkey }, `${log} signs with ${vkey}`);
      saidKey = vkey;
      const root = hex(checkpoint.root);
      if (`${size} ${root}` === saidHead) return;
      saidHead = `${size} ${root}`;
      const witnesses = checkpoint.cosignatures.map(({ key, timeSeconds }) => ({ name: key.name, at: witnessTime(timeSeconds) }));
      const cosigned = witnesses.length === 0 ? "" : `, cosigned by ${witnesses.map(({ name }) => name).join(", ")}`;
      const members = { log, size, root, previous_size: previousSize, witnesses };
      say("verified", members, `${log} has ${size} leaves, ${size - previousSize} of them new, and the root ${root}${cosigned}`);
    },
    trouble(trouble) {
      if (trouble.code !== saidTrouble) troubled("trouble", trouble);
      saidTrouble = trouble.code;
    },
    alarm: (trouble) => troubled("alarm", trouble),
  };
}

/** One line of JSON in ASCII alone. */
const asciiLine = (document: unknown): string =>
  JSON.stringify(document).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
