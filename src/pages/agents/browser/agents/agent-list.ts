/** What is kept of agents while a page of theirs is open: what waits for another signature, and revoking. */
import { agentsShape } from "#api/people-shapes.ts";
import { KeyedList } from "#pages/signatures/browser/keyed-list.ts";
import { agentsScriptTexts as texts } from "#texts/browser/agents.ts";

/** `person`: who looks at them; `ask`: asks before anything is revoked. */
export const agentList = (person: string, ask: ConstructorParameters<typeof KeyedList>[0]["ask"]) =>
  new KeyedList({
    path: "/api/v1/agents",
    shape: agentsShape,
    person,
    keyLost: texts.create.keyLost,
    noun: texts.noun,
    revoking: texts.revoking,
    ask,
    alsoWaiting: ({ changes, releases, rotations }) => [...changes, ...releases, ...rotations],
  });
