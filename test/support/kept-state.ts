/** A service's state as an earlier version has left it, with all that its people, agents and clients hold: format and files. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Agent, Signed } from "#test/support/service/person.ts";
import type { ApprovalView } from "./rest-agent.ts";
import type { KeptPasskey } from "#countersign/testing/software-passkey.ts";

/** One numbered folder for each version that was kept. */
const FOLDER = fileURLToPath(new URL("../kept-state", import.meta.url));

const FILES = "files.tar.gz";
const MAX_BYTES = 900 * 1024;

export interface KeptRequest {
  /** The name of its agent. */
  agent: string;
  /** As it was asked, idempotency key included. */
  ask: { action: string; payload: Record<string, unknown>; idempotency_key: string; [member: string]: unknown };
  /** What the agent was told last. */
  view: ApprovalView;
  /** The text of its receipt, if it has ended. */
  receipt: string | null;
  /** The key that it was redeemed with, if it was. */
  redeemed_with: string | null;
}

export interface Kept {
  /** What made it. */
  version: string;
  commit: string;
  /** When the service was stopped. */
  kept_at: string;
  port: number;
  /** The variables that it ran with. */
  environment: Record<string, string>;
  secrets: Record<string, string>;
  /** By username. Those of robin, which waits, and dana, which was revoked, open nothing. */
  passkeys: Record<string, KeptPasskey>;
  /** By username: the cookies of sessions that are open. */
  sessions: Record<string, string>;
  /** Links. */
  invitations: { open: string; used: string };
  /** By name. old-bot was revoked. */
  agents: Record<string, Agent>;
  /** An agent that one admin has signed for. */
  proposed_agent: { id: string; name: string };
  /** A decision on the request "opened": signed on its page, and not sent. */
  unsent: Signed;
  /** By name (scenario.ts). */
  requests: Record<string, KeptRequest>;
  log: { vkey: string; checkpoint: string };
}

/** The files of one that is unpacked. */
export interface Unpacked {
  kept: Kept;
  /** STATE_DIR. */
  stateDir: string;
  /** COUNTERSIGN_STATE of a command line that has seen the log. */
  clientDir: string;
  /** The --state of a monitor that has followed it. */
  monitorState: string;
}

/** Below a folder, in the archive and unpacked. */
export const filesIn = (folder: string): Omit<Unpacked, "kept"> => ({
  stateDir: join(folder, "state"),
  clientDir: join(folder, "client"),
  monitorState: join(folder, "monitor.json"),
});

/** The versions that there are states of, the oldest first. */
export const keptStates = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => /^\d{4}$/.test(name))
    .toSorted();

/** Unpacks one into an empty folder. */
export function unpack(name: string, folder: string): Unpacked {
  const kept = JSON.parse(readFileSync(join(FOLDER, name, "kept.json"), "utf8")) as Kept;
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", join(FOLDER, name, FILES), "-C", folder]);
  return { kept, ...filesIn(folder) };
}

/** What a service makes anew at each start, and what the runtime keeps besides tables and objects, its own traces above all. */
const isPassing = (path: string): boolean =>
  /\.(lock|vars|sqlite-shm)$/.test(path) || /^state\/(wrangler-registry|v3\/(?!d1|do))/.test(path.replaceAll(sep, "/"));

/** Keeps the files below a folder (see filesIn) as the next one; gives its name. */
export function pack(kept: Kept, folder: string): string {
  const name = String(keptStates().length + 1).padStart(4, "0");
  const work = mkdtempSync(join(tmpdir(), "countersign-kept-"));
  try {
    const [clean, archive] = [join(work, "clean"), join(work, FILES)];
    cpSync(folder, clean, { recursive: true, filter: (source) => !isPassing(relative(folder, source)) });
    execFileSync("tar", ["-czf", archive, "-C", clean, "."]);
    if (statSync(archive).size > MAX_BYTES) throw new Error("this is too big to be kept: use the service less");
    mkdirSync(join(FOLDER, name));
    copyFileSync(archive, join(FOLDER, name, FILES));
    writeFileSync(join(FOLDER, name, "kept.json"), `${JSON.stringify(kept, null, 2)}\n`);
  } finally {
    rmSync(work, { recursive: true });
  }
  return name;
}
