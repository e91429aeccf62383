/**
 * The uploaded script, unchanged. To calls that ask for it (`x-from-memory: platform`), its database and objects answer what they have
 * answered once, from memory, and the lines that it logs go nowhere: what a call costs apart from the platform, and from what stands for
 * that on one machine, where the process that calls would read each line. To those that ask for it of the `database` alone, only that
 * answers so, wherever it is asked, by the Worker or by an agent's object: what is left out then is D1, and nothing else. To `calls`
 * through the gateway the agent's object admits what it has admitted once, and hears nothing of their ends.
 */
import * as gate from "./worker.js";
import type { Admission, CallToAdmit, SettledCall } from "#rules/calls/admission.ts";

export { ApprovalRequest, LogSequencer } from "./worker.js";

/** What `make` gives for a name, made once. */
function once<Made>(make: (name: string) => Made): (name: string) => Made {
  const made = new Map<string, Made>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}

/** The answer to a question, asked once. */
function answered<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Answer | undefined;
  return async () => (answer ??= await ask());
}

/** What the database is used for by a call that finds a request ended: who calls is read. */
function rememberingDatabase(DB: gate.Env["DB"]) {
  const prepare = once((query) => {
    const bound = once((values) => {
      const statement = () => DB.withSession("first-primary").prepare(query);
      return {
        all: answered(() =>
          statement()
            .bind(...(JSON.parse(values) as unknown[]))
            .all(),
        ),
      };
    });
    return { bind: (...values: unknown[]) => bound(JSON.stringify(values)) };
  });
  return { withSession: () => ({ prepare }) };
}

/** What the newest call asked for. Turns are taken one after the other, so it holds for the objects that it calls as well. */
let fromMemory: string | null = null;

/** An agent's object, whose database is the real one or one that remembers, as the newest call asked for. */
export class AgentActivity extends gate.AgentActivity {
  constructor(context: DurableObjectState, env: gate.Env) {
    const remembered = rememberingDatabase(env.DB);
    super(context, {
      ...env,
      get DB() {
        return fromMemory === "database" ? (remembered as unknown as gate.Env["DB"]) : env.DB;
      },
    });
  }
}

/** An agent's object that admits from memory what it has admitted by the same rule before. */
const admittingOnce = (object: () => ReturnType<gate.Env["AGENT_ACTIVITY"]["getByName"]>) => {
  const admitted = new Map<string, Admission>();
  return {
    async admit(keyHash: string, call: CallToAdmit, ended: readonly SettledCall[] = []): Promise<Admission> {
      const name = `${keyHash} ${call.facts?.rule ?? ""}`;
      const known = call.facts === null ? undefined : admitted.get(name);
      if (known !== undefined) return { ...known, ...(ended.length > 0 && { heard: ended.length }) };
      const admission = await object().admit(keyHash, call, ended);
      if (admission.status === "admitted") admitted.set(name, admission);
      return admission;
    },
    settle: () => Promise.resolve(),
  };
};

/** The bindings as far as such a call uses them. */
function remembering(env: gate.Env) {
  const { APPROVAL_REQUEST, AGENT_ACTIVITY } = env;
  const getByName = once((id) => ({ readText: answered(() => APPROVAL_REQUEST.getByName(id).readText()) }));
  const activityOf = once((id) => {
    const standing = once((keyHash) => answered(() => AGENT_ACTIVITY.getByName(id).standing(keyHash)));
    return { standing: (keyHash: string) => standing(keyHash)() };
  });
  const database = { ...env, DB: rememberingDatabase(env.DB) };
  const calls = { ...env, AGENT_ACTIVITY: { getByName: once((id) => admittingOnce(() => AGENT_ACTIVITY.getByName(id))) } };
  return { database, calls, platform: { ...database, APPROVAL_REQUEST: { getByName }, AGENT_ACTIVITY: { getByName: activityOf } } };
}

const { log } = console;
let writesLines = true;

/** Whether the lines that are logged from now on go to the platform. */
function writeLines(wanted: boolean): void {
  if (wanted !== writesLines) Object.assign(console, { log: wanted ? log : () => {} });
  writesLines = wanted;
}

let bindings: ReturnType<typeof remembering> | undefined;

export default {
  fetch(request: Request, env: gate.Env, context: ExecutionContext): Response | Promise<Response> {
    fromMemory = request.headers.get("x-from-memory");
    writeLines(fromMemory !== "platform" && fromMemory !== "calls");
    if (fromMemory !== "database" && fromMemory !== "platform" && fromMemory !== "calls") return gate.default.fetch(request, env, context);
    bindings ??= remembering(env);
    return gate.default.fetch(request, bindings[fromMemory] as unknown as gate.Env, context);
  },
};
