/** Asking back, answering, giving more time and proposing a change, under every single fault. */
import { everyWriteFails } from "#test/workerd/faults/every-write.ts";
import { agentCalls, HAND_OVER, type Verb } from "#test/workerd/faults/journeys.ts";
import { ask, openPage, PAYLOAD, send, signedDecision } from "#test/workerd/support/approvals.ts";
import { outcome } from "#test/workerd/support/people.ts";
import { askBack, askedBack, giveTime } from "#test/workerd/support/talk/asking.ts";

const PROPOSED = { ...PAYLOAD, replicas: 1 };

const TALK: Verb[] = [
  {
    name: "a person asks back",
    leaf: "question:1",
    goesOn: true,
    writes: ["call: askBack of the approval", "approval: transaction", ...HAND_OVER],
    async prepare({ person, agent }) {
      const { request_id: id } = await ask(agent);
      return { id, act: async () => outcome(await askBack(person, id, "Which hosts?")) };
    },
    first: [200, undefined],
    again: [409, "question_open"],
    told: { status: "pending" },
  },
  {
    name: "the agent answers",
    leaf: "answer:1",
    goesOn: true,
    writes: ["call: answerFor of the approval", "approval: transaction", ...HAND_OVER],
    async prepare(cast) {
      const { request_id: id } = await ask(cast.agent);
      await askedBack(cast.person, id, "Which hosts?");
      return { id, act: async () => outcome(await agentCalls(cast, id, "answer", { answer: "All of them." })) };
    },
    first: [200, undefined],
    again: [200, undefined],
    told: { status: "pending" },
    twin: true,
  },
  {
    name: "a person gives more time",
    leaf: "extended:1",
    goesOn: true,
    writes: ["call: giveMoreTime of the approval", "approval: transaction", ...HAND_OVER],
    async prepare({ person, agent }) {
      // All of five minutes are the last five, so that more can be given at once.
      const { request_id: id } = await ask(agent, { expires_in_seconds: 300 });
      return { id, act: async () => outcome(await giveTime(person, id)) };
    },
    first: [200, undefined],
    again: [409, "too_early"],
    told: { status: "pending" },
  },
  {
    name: "a person denies and proposes a change",
    leaf: "proposal",
    writes: ["call: decide of the approval", "approval: transaction", ...HAND_OVER, ...HAND_OVER],
    async prepare({ person, agent }) {
      const { request_id: id } = await ask(agent);
      const body = await signedDecision(person, await openPage(person, id), "denied", { comment: "Fewer" });
      return { id, act: async () => outcome(await send(person, id, { ...body, proposal: PROPOSED })) };
    },
    first: [200, undefined],
    again: [409, "already_final"],
    told: { status: "denied", comment: "Fewer", proposal: { payload: PROPOSED } },
    twin: true,
  },
];

everyWriteFails(TALK);
