/**
 * The uploaded script, unchanged. To calls that ask for it (`x-from-memory: platform`), its database and the objects of requests answer
 * what they have answered once, from memory, and the lines that it logs go nowhere: what a call costs apart from the platform, and from
 * what stands for that on one machine, where the process that calls would read each line. To those that ask for it of the `database`
 * alone, only that answers so: what is left out then is D1, and nothing else.
 */
import * as gate from "./worker.js";

export { AgentActivity, ApprovalRequest, LogSequencer } from "./worker.js";

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

/** The bindings as far as a call uses them that finds a request ended: who calls is read, and the request. */
function remembering(env: gate.Env) {
  const { DB, APPROVAL_REQUEST, AGENT_ACTIVITY } = env;
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
  const getByName = once((id) => ({ read: answered(() => APPROVAL_REQUEST.getByName(id).read()) }));
  const activityOf = once((id) => {
    const standing = once((keyHash) => answered(() => AGENT_ACTIVITY.getByName(id).standing(keyHash)));
    return { standing: (keyHash: string) => standing(keyHash)() };
  });
  const database = { ...env, DB: { withSession: () => ({ prepare }) } };
  return { database, platform: { ...database, APPROVAL_REQUEST: { getByName }, AGENT_ACTIVITY: { getByName: activityOf } } };
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
    const fromMemory = request.headers.get("x-from-memory");
    writeLines(fromMemory !== "platform");
    if (fromMemory !== "database" && fromMemory !== "platform") return gate.default.fetch(request, env, context);
    bindings ??= remembering(env);
    return gate.default.fetch(request, bindings[fromMemory] as unknown as gate.Env, context);
  },
};
