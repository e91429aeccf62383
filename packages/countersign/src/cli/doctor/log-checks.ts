/** The log, as a client sees it: its newest checkpoint, the key under it, what was remembered of it, and who has cosigned it. */
import { witnessTime } from "../../documents/words.ts";
import { LogClient, type LogRefused } from "../../sdk/log-client.ts";
import type { Doubt } from "../../sdk/known-log.ts";
import type { LogMemory } from "../../sdk/log-memory.ts";
import { rememberCheckpoint } from "../../sdk/remember-checkpoint.ts";
import { parseNote, parseVkey } from "../../tlog/note.ts";
import { parseCheckpoint } from "../../tlog/checkpoint.ts";
import { verifyCheckpoint } from "../../tlog/verify-checkpoint.ts";
import type { WitnessPolicy } from "../../tlog/witness-policy.ts";
import { isShellPlain } from "../shell-plain.ts";
import { type Check, unseen, warning, well, wrong } from "./check.ts";

/** A log that is cosigned is cosigned anew at least every quarter of an hour, or when it has grown. */
const FRESH_MS = 3_600_000;

export interface LogToCheck {
  origin: string;
  memory: LogMemory;
  /** The log's key, where it is known from elsewhere. */
  vkey: string | null;
  /** What witnesses have to have cosigned it, where somebody asks for that. */
  policy: WitnessPolicy | null;
  /** What the service says of its witnesses. */
  witnesses: string | null;
  now: () => number;
}

const DOUBT_TODO: Readonly<Record<Doubt["code"], string>> = {
  checkpoint_invalid: "Something on the way, or the service, does not serve what the log has signed: ask its operator.",
  log_key_unknown:
    "Compare the key with what the operator publishes elsewhere than at this address; after a new key docs/operations.md, Rotate the signing key.",
  log_replaced: "If the operator says that the log was replaced, give its key with --vkey; otherwise trust nothing of it.",
  log_unproven: "Look again in a minute; if it stays so, ask the operator, and rely on no receipt meanwhile.",
  log_inconsistent: "Rely on nothing of this service, keep the evidence, and show it to others (docs/operations.md, On an alarm).",
  log_memory_unusable: "Let COUNTERSIGN_STATE name a folder that only you can write to.",
};

/** Looks at the log, and remembers what it saw as every client does. */
export async function lookAtLog({ origin, memory, vkey, policy, witnesses, now }: LogToCheck): Promise<Check[]> {
  const client = new LogClient({ url: `${origin}/log` });
  const note = await client.checkpoint();
  if (!note.ok) return [unread(note.refusal)];
  const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));
  const remembered = await rememberCheckpoint(note.value, { client, memory, sleep, ...(vkey !== null && { vkey }) });
  if (!remembered.ok) {
    const { code, message } = remembered.refusal;
    return [wrong("log", message, DOUBT_TODO[code])];
  }
  const parsed = parseNote(note.value);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) throw new Error("a checkpoint that was remembered cannot be read");
  const { origin: log, size } = checkpoint.value;
  const grown = `The log ${log} has ${size} leaves, is signed, and extends what was remembered of it.`;
  const signer = remembered.value.vkey;
  return [well("log", grown), keyCheck(signer, vkey), await witnessCheck(note.value, { signer, policy, witnesses, now })];
}

function unread({ code, message }: LogRefused): Check {
  if (code === "unreachable") {
    return unseen("log", message, "Look again in a minute; if it stays so, look at /healthz, and at what stands before the service.");
  }
  return wrong("log", message, "Something else answers for the log: look at what stands before the service.");
}

function keyCheck(signer: string, given: string | null): Check {
  if (given !== null) return well("log-key", "The log is signed with the key that you know of it, or one that it led to.");
  const message = `Nobody has told which key is the log's: ${signer} was believed as it was served.`;
  const set = isShellPlain(signer) ? `set COUNTERSIGN_LOG_VKEY='${signer}'` : "give it with --vkey";
  const todo = `Compare it with what the operator publishes elsewhere, then ${set}.`;
  return warning("log-key", message, todo);
}

interface Cosigned {
  signer: string;
  policy: WitnessPolicy | null;
  witnesses: string | null;
  now: () => number;
}

async function witnessCheck(note: string, { signer, policy, witnesses, now }: Cosigned): Promise<Check> {
  if (policy === null) return toldOfWitnesses(witnesses);
  const key = parseVkey(signer);
  const verified = key.ok ? await verifyCheckpoint(note, { logKeys: [key.value], policy }) : key;
  if (!verified.ok) {
    const message =
      verified.refusal === "witnesses-missing"
        ? "The newest checkpoint lacks cosignatures that the policy asks for."
        : `The cosignatures under the newest checkpoint do not hold (${verified.refusal}).`;
    return wrong("witnesses", message, "Look again in a few minutes, then at /log and at the witnesses (docs/operations.md, Witnesses).");
  }
  const times = verified.value.cosignatures.map(({ timeSeconds }) => timeSeconds);
  if (times.length === 0) return well("witnesses", "The policy asks for no cosignature, and there is none.");
  const oldest = Math.min(...times);
  const message = `The newest checkpoint is cosigned as the policy asks, by ${times.length}, the first at ${witnessTime(oldest)}.`;
  if (now() - oldest * 1_000 <= FRESH_MS) return well("witnesses", message);
  return warning("witnesses", message, "That is long ago: see whether the cron runs, and whether witnesses answer.");
}

/** What the service itself says of its witnesses, which proves nothing. */
function toldOfWitnesses(witnesses: string | null): Check {
  const todo = "Look at /log and at the witnesses (docs/operations.md, Witnesses).";
  if (witnesses === null) {
    const message = "No witness cosigns this log: that it shows the same to everybody, only those who compare can tell.";
    return warning(
      "witnesses",
      message,
      "Name witnesses in WITNESS_POLICY (docs/operations.md, Witnesses), or have somebody run countersign monitor.",
    );
  }
  if (witnesses === "ok") return well("witnesses", "Witnesses cosign the log, as the service says; --policy FILE checks it.");
  if (witnesses === "unknown") return unseen("witnesses", "The service cannot tell now how its witnesses do.", todo);
  return wrong("witnesses", `The service says of its witnesses: ${witnesses}.`, todo);
}
