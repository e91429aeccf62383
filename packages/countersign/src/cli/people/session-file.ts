/** The session of this command line at one service: a file in the state folder, which this user alone may read. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isCommandLineKey } from "../../documents/api-key.ts";
import { time } from "../../documents/words.ts";
import { fromUtf8, hex, sha256, utf8 } from "../../encoding/bytes.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { fit, object, type Of, oneOf, text } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { Surroundings } from "../command.ts";
import { folderComplaint, makeStateFolder, stateFolder } from "../files/state-folder.ts";
import { complaintOf, readPlainFile } from "../files/plain-file.ts";
import { replaceFile } from "../files/replace-file.ts";

const TYPE = "countersign/command-line@v1";
const sessionShape = object({ type: oneOf(TYPE), origin: text(1), key: text(1), ends_at: time });
const MAX_BYTES = 65_536;

export type KeptSession = Omit<Of<typeof sessionShape>, "type">;
type Environment = Pick<Surroundings, "environment">;

function placeOf(origin: string, surroundings: Environment): { folder: string; file: string } {
  const folder = stateFolder(surroundings);
  return { folder, file: join(folder, `session-${hex(sha256(utf8(origin))).slice(0, 16)}.json`) };
}

/** Null if there is none for this service. Refuses what others could have put there, or could read. */
export async function readSession(origin: string, surroundings: Environment): Promise<Result<KeptSession | null, string>> {
  const { folder, file } = placeOf(origin, surroundings);
  try {
    const complaint = folderComplaint(folder);
    if (complaint !== null) return refuse(complaint);
    const content = await readPlainFile(file, MAX_BYTES, { isSecret: true });
    if (content === null) return accept(null);
    const json = parseJson(fromUtf8(content) ?? "");
    const read = json.ok ? fit(sessionShape, json.value) : refuse("");
    const isWhole = read.ok && read.value.origin === origin && isCommandLineKey(read.value.key);
    return isWhole ? accept(read.value) : refuse(`${file} is damaged: remove it and run countersign login`);
  } catch (error) {
    return refuse(complaintOf(error));
  }
}

/** Why it could not be kept; null if it is. */
export async function keepSession(session: KeptSession, surroundings: Environment): Promise<string | null> {
  const { folder, file } = placeOf(session.origin, surroundings);
  try {
    const complaint = await makeStateFolder(folder);
    if (complaint !== null) return complaint;
    await replaceFile(file, `${JSON.stringify({ type: TYPE, ...session }, null, 2)}\n`);
    return null;
  } catch (error) {
    return `${folder} cannot be written to: ${complaintOf(error)}. COUNTERSIGN_STATE names another`;
  }
}

export const dropSession = (origin: string, surroundings: Environment): Promise<void> =>
  rm(placeOf(origin, surroundings).file, { force: true });
