/** Who plays: a person at a browser who makes the agent and decides, or, unattended, a passkey in software that does both. */
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { isApiKey } from "../../packages/countersign/src/documents/api-key.ts";
import { Person } from "../../test/support/service/person.ts";

const somebodyIsEnrolled = async (origin) => (await fetch(`${origin}/setup`)).status === 410;

async function askForKey(origin, { say, signal }) {
  say(`Make an agent at ${origin}/admin/agents, and paste its key here. It is shown there once.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: "   Key: " });
  // A terminal that lines are read from hands Ctrl-C to their reader and not to the process.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  signal.addEventListener("abort", () => lines.close(), { once: true });
  lines.prompt();
  for await (const line of lines) {
    const key = line.trim();
    if (isApiKey(key)) {
      lines.close();
      return key;
    }
    say("That is not an agent’s key: it begins with csk_ and has 40 characters.");
    lines.prompt();
  }
  throw new Error("no key came; give it as COUNTERSIGN_API_KEY, or watch the demo with --unattended");
}

/** People decide in their browser; gives the agent's key once there is one. */
export async function livePeople(service, { say, signal }) {
  const { origin, setupUrl } = service;
  if (!(await somebodyIsEnrolled(origin))) {
    say(setupUrl === null ? "Open the link for the first person that the service printed." : `Open this and make a passkey: ${setupUrl}`);
    while (!(await somebodyIsEnrolled(origin))) await wait(1_000, undefined, { signal });
    say("Enrolled: you approve from now on.");
  }
  const given = process.env.COUNTERSIGN_API_KEY ?? "";
  if (given !== "" && !isApiKey(given)) throw new Error("COUNTERSIGN_API_KEY is not an agent's key");
  const agentKey = given === "" ? await askForKey(origin, { say, signal }) : given;
  const decide = (approvalUrl) => say(`Open this to decide: ${approvalUrl}`);
  return { agentKey, decide };
}

/** Nobody is there: a passkey in software enrols, makes the agent and signs. Only for a service that is the demo's own. */
export async function softwarePerson(service, { say }) {
  if (service.setupUrl === null) throw new Error("STATE_DIR has its people already; unattended, the demo needs an empty one");
  say("Nobody is watching, so a passkey made in software plays the person. It proves nothing about any human.");
  const setupToken = new URL(service.setupUrl).hash.slice(1);
  const person = await Person.enrolFirst({ origin: service.origin, setupToken }, "demo-person");
  const { name, key: agentKey } = await person.makeAgent("demo-agent");
  say(`demo-person is enrolled and has made the agent ${name}, signed with that passkey.`);
  const decide = async (approvalUrl) => {
    say(`The page to decide: ${approvalUrl}`);
    await person.decide(approvalUrl, "approved", "Signed by the demo itself, not by a human.");
    say("The software passkey has signed “approved”.");
  };
  return { agentKey, decide };
}
