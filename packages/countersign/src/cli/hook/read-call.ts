/** What a tool tells its hook of one call, read strictly: what does not fit is not let pass. */
import { type JsonObject, type JsonValue, parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { HookTool, Moment } from "./tools.ts";

export interface HookCall {
  moment: Moment;
  session: string;
  /** The call's own id; null where the tool gives none. */
  id: string | null;
  tool: string;
  input: JsonValue;
  /** The folder that it is done in; null if the tool does not say. */
  cwd: string | null;
}

/** What people are shown and sign: nothing that the call uses is left out. */
export const payloadOfCall = ({ tool, input, cwd }: HookCall): JsonObject => ({ tool, input, cwd });

const isText = (value: JsonValue | undefined): value is string => typeof value === "string" && value !== "";

/** The moment that is told of. The event's name comes from the tool, or from the settings that call this hook, and never from a guess. */
function momentOf(tool: HookTool, told: JsonObject, event: string | undefined): Result<Moment, string> {
  const named = told["hook_event_name"];
  if (tool.namesEvent && !isText(named)) return refuse("what came names no event (hook_event_name)");
  const name = tool.namesEvent ? named : event;
  if (typeof name !== "string") return refuse("--event has to name the event");
  const moment = Object.hasOwn(tool.events, name) ? tool.events[name] : undefined;
  if (moment === undefined) {
    return refuse(`this hook is for ${Object.keys(tool.events).join(", ")}, and not for ${JSON.stringify(name.slice(0, 100))}`);
  }
  if (moment === "before" || tool.failure === undefined) return accept(moment);
  const response = told[tool.failure.of];
  const failure = isObject(response) ? response[tool.failure.member] : undefined;
  return accept(failure === undefined || failure === null ? moment : "failed");
}

/** Arguments that come as text are taken as the JSON that they are, if they are. */
function inputOf(value: JsonValue): JsonValue {
  const json = typeof value === "string" ? parseJson(value) : null;
  return json?.ok === true && isObject(json.value) ? json.value : value;
}

function folderOf({ cwd, workspace_roots: roots }: JsonObject): Result<string | null, string> {
  if (cwd !== undefined && cwd !== null && typeof cwd !== "string") return refuse("cwd is not text");
  if (isText(cwd)) return accept(cwd);
  const [root] = Array.isArray(roots) ? roots : [];
  return accept(isText(root) ? root : null);
}

/** The call; or what is wrong with what came, in words. */
export function readCall(tool: HookTool, text: string | null, event?: string): Result<HookCall, string> {
  const json = text === null ? null : parseJson(text);
  if (json === null) return refuse("what came is not UTF-8, or too large");
  if (!json.ok) return refuse(`what came is not JSON that can be shown exactly: ${json.refusal.message}`);
  if (!isObject(json.value)) return refuse("what came is not a JSON object");
  const told = json.value;
  const moment = momentOf(tool, told, event);
  if (!moment.ok) return moment;
  const { members } = tool;
  const { [members.session]: session, [members.tool]: name, [members.input]: input } = told;
  const id = members.id === null ? null : told[members.id];
  if (!isText(session)) return refuse(`what came has no ${members.session}`);
  if (!isText(name)) return refuse(`what came has no ${members.tool}`);
  if (input === undefined) return refuse(`what came has no ${members.input}`);
  if (id !== null && !isText(id)) return refuse(`what came has no ${members.id}`);
  const cwd = folderOf(told);
  return cwd.ok ? accept({ moment: moment.value, session, id, tool: name, input: inputOf(input), cwd: cwd.value }) : cwd;
}
