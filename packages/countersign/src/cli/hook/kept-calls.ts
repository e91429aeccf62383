/**
 * What one run of a hook leaves for the next: the key under which a call was asked for, so that the same call goes on with the same
 * request, and the request of a call that was let go, so that its outcome is reported. Nothing secret, and nothing that allows
 * anything: whose payload is another gets nothing by it.
 */
import { randomUUID } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fromUtf8, hex } from "../../encoding/bytes.ts";
import { hashJson, parseJson } from "../../json/canonical-json.ts";
import { fit, matching, object } from "../../json/shape.ts";
import type { AskedState } from "../../sdk/approvals/errors.ts";
import type { Surroundings } from "../command.ts";
import { readPlainFile, UnusableFile } from "../files/plain-file.ts";
import { makeFile, replaceFile } from "../files/replace-file.ts";
import { makeStateFolder, stateFolder } from "../files/state-folder.ts";
import { type HookCall, payloadOfCall } from "./read-call.ts";

const MOST_BYTES = 4_096;
/** No request is open for longer than a week. */
const KEPT_MS = 8 * 24 * 60 * 60_000;

const HASH = matching(/^[0-9a-f]{64}$/, "a hash");
const askedShape = object({ idempotency_key: matching(/^hook-[0-9a-f-]{36}$/, "a key") });
const letGoShape = object({ request_id: matching(/^apr_[A-Za-z0-9_-]{1,64}$/, "a request's id"), payload_hash: HASH });

const isGone = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Takes away what nobody comes back for. */
async function clearOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    try {
      if (Date.now() - (await stat(join(folder, name))).mtimeMs > KEPT_MS) await rm(join(folder, name), { force: true });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

/** Key of a call's asking. `isNew`: nobody has asked for this before. */
export interface AskingKey {
  key: string;
  isNew: boolean;
}

export interface KeptHookCalls {
  /** The key that this call is asked for under, made if there is none. */
  askingKey(call: HookCall): Promise<AskingKey>;
  /** The same call is asked for anew next time. */
  forgetAsking(call: HookCall, key: string): Promise<void>;
  /** Keeps which approval a call uses. Resolves once that is durable. */
  keepLetGo(call: HookCall, state: AskedState): Promise<void>;
  /** The approval that a call used; null if it used none. Gives it once. */
  takeLetGo(call: HookCall): Promise<AskedState | null>;
}

/** What hooks of this tool keep, in the folder that the environment names. Throws what keeps that from being used. */
export async function keptCalls(tool: string, surroundings: Pick<Surroundings, "environment">): Promise<KeptHookCalls> {
  const folder = join(stateFolder(surroundings), "hooks");
  const complaint = await makeStateFolder(folder);
  if (complaint !== null) throw new UnusableFile(complaint);

  const fileOf = (kind: string, what: string[]) => join(folder, `${hex(hashJson([kind, tool, ...what]))}.json`);
  // The whole call, so that another one is never taken for it.
  const askedFile = (call: HookCall) => fileOf("asked", [call.session, hex(hashJson(payloadOfCall(call)))]);
  // Afterwards the folder may be another: without an id, the tool and its input tell which call it was.
  const letGoFile = (call: HookCall) =>
    fileOf("let-go", call.id === null ? [call.session, "", hex(hashJson([call.tool, call.input]))] : [call.session, call.id]);

  async function read<T>(file: string, shape: Parameters<typeof fit<T>>[0]): Promise<T | null> {
    const content = await readPlainFile(file, MOST_BYTES);
    if (content === null) return null;
    const json = parseJson(fromUtf8(content) ?? "");
    const kept = json.ok ? fit(shape, json.value) : null;
    if (kept?.ok !== true) throw new UnusableFile(`${file} is damaged: remove it`);
    return kept.value;
  }

  return {
    async askingKey(call) {
      const file = askedFile(call);
      await clearOld(folder);
      const key = `hook-${randomUUID()}`;
      const isNew = await makeFile(file, JSON.stringify({ idempotency_key: key }));
      if (isNew) return { key, isNew };
      const kept = await read(file, askedShape);
      if (kept === null) throw new UnusableFile("another call of the same kind has just ended: call again");
      return { key: kept.idempotency_key, isNew };
    },
    async forgetAsking(call, key) {
      const file = askedFile(call);
      if ((await read(file, askedShape))?.idempotency_key === key) await rm(file, { force: true });
    },
    async keepLetGo(call, { request_id, payload_hash }) {
      await replaceFile(letGoFile(call), JSON.stringify({ request_id, payload_hash }));
    },
    async takeLetGo(call) {
      const file = letGoFile(call);
      const kept = await read(file, letGoShape);
      if (kept !== null) await rm(file, { force: true });
      return kept;
    },
  };
}
