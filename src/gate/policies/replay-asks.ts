/**
 * What a text would change: asks of before, judged by the version that judged them and by the text, both with people and agents as they
 * are now and at the moment of the ask. What differs is the policies', then, and nothing else's.
 */
import { type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import type { PolicyDocument } from "#countersign/policy/document/policy-document.ts";
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import type { ApproverFacts } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { accept, type Result } from "#countersign/result.ts";
import { type AgentFacts, factsOfUse, type JudgedBy } from "#rules/policies/judged.ts";
import { type CheckPorts, type FaultyPolicy, publishable } from "./check-source.ts";

/** Where a list of asks goes on: older than this one. */
export interface AskPlace {
  requestedAt: string;
  id: string;
}

/** An ask as its object has it. */
export interface RecordedAsk {
  request: RequestDocument;
  /** Canonical JSON; null once payloads of its age are not kept. */
  payload: string | null;
  judged: Pick<JudgedBy, "narrowing"> | null;
  /** Of the tool that is called, as it was accepted when it was asked for; null, or left out, for an ask. */
  definition?: JsonObject | null;
}

export interface ReplayPorts extends CheckPorts {
  /** The newest asks that people's lists know of, at most `most`, of all agents; those before `from` if that is given. */
  newestAsks(most: number, from: AskPlace | null): Promise<(AskPlace & { agentId: string })[]>;
  /** The ask; null if nothing was opened under its id. Throws if that cannot be known. */
  recordedAsk(requestId: string): Promise<RecordedAsk | null>;
  /** What agents are judged by, by id, from the D1 primary: those that are revoked too. */
  factsOfAgents(): Promise<ReadonlyMap<string, AgentFacts>>;
  /** Everybody who may approve. */
  approvers(): Promise<ApproverFacts[]>;
  /** A published version's document; null if there is none of that number. */
  documentOf(version: number): Promise<PolicyDocument | null>;
  /** Milliseconds since the epoch; goes on with each `pause`. */
  now(): number;
  /** Lets other calls go on. */
  pause(): Promise<void>;
}

export interface ReplayedAsk {
  request: RequestDocument;
  before: PolicyJudgement;
  after: PolicyJudgement;
}

export interface Replay {
  lookedAt: number;
  /** Their payloads are not kept any more, or they cannot be read now. */
  notLookedAt: number;
  changed: ReplayedAsk[];
  /** Null once there are no older ones. */
  next: AskPlace | null;
}

/** So many versions are compiled in one call, and for so long asks are judged: the next call goes on. */
const MOST_VERSIONS = 8;
const LONGEST_MS = 5_000;

/** What compiles is loaded here, and not by every Worker that starts. */
export async function compiledFrom(document: PolicyDocument): Promise<CompiledPolicy> {
  const { compile } = await import("#countersign/policy/judging/compile.ts");
  return compile(document);
}

/**
 * 1. the text may be published; 2. the newest asks are read from their objects, all at once; 3. each is judged twice, until it takes too
 * long or asks come that too many versions have judged. Refuses a text that could not be published.
 */
export async function replayAsks(
  source: string,
  most: number,
  from: AskPlace | null,
  ports: ReplayPorts,
): Promise<Result<Replay, FaultyPolicy>> {
  const checked = await publishable(source, ports); // 1
  if (!checked.ok) return checked;
  const draft = await compiledFrom(checked.value.document);
  const [places, agents, approvers] = await Promise.all([ports.newestAsks(most, from), ports.factsOfAgents(), ports.approvers()]);
  const asks = await Promise.all(places.map(({ id }) => ports.recordedAsk(id).catch(() => null))); // 2
  const versions = new Versions(ports);
  const replay: Replay = { lookedAt: 0, notLookedAt: 0, changed: [], next: places.length === most ? (places.at(-1) ?? null) : null };
  const beganMs = ports.now();
  for (const [index, ask] of asks.entries()) {
    const facts = ask === null ? null : factsOfRecorded(ask, agents, approvers);
    const version = ask?.request.policy.version ?? 0;
    await ports.pause();
    const isEnough = ports.now() - beganMs > LONGEST_MS || !versions.mayTake(version);
    if (index > 0 && isEnough) return accept({ ...replay, next: places[index - 1] ?? from });
    const was = facts === null ? undefined : await versions.of(version);
    if (ask === null || facts === null || was === undefined) {
      replay.notLookedAt += 1;
      continue;
    }
    replay.lookedAt += 1;
    const [before, after] = [judge(was, facts), judge(draft, facts)]; // 3
    if (consequencesOf(before) !== consequencesOf(after)) replay.changed.push({ request: ask.request, before, after });
  }
  return accept(replay);
}

/** Null for an ask whose payload is not kept, or whose agent is nobody's. */
export function factsOfRecorded(
  { request, payload, judged, definition = null }: RecordedAsk,
  agents: ReadonlyMap<string, AgentFacts>,
  approvers: readonly ApproverFacts[],
) {
  const agent = agents.get(request.requested_by.id);
  const parsed = payload === null ? null : parseJson(payload);
  if (agent === undefined || parsed === null || !parsed.ok) return null;
  const kept = judged === null ? undefined : { ...judged, stops: agent.stops, shortened: [] };
  return factsOfUse(request, parsed.value as JsonObject, kept, { agent, approvers }, Date.parse(request.requested_at), definition);
}

/** What a judgement comes to, whatever the rule is called that says so. */
const consequencesOf = ({ effect, code, risk, slots, denials, escalations }: PolicyJudgement): string =>
  JSON.stringify([effect, code, risk.level, slots.map(({ required, eligible }) => [required, eligible.toSorted()]), denials, escalations]);

/** Versions made ready to judge by, each once a call. */
class Versions {
  readonly #ports: Pick<ReplayPorts, "documentOf">;
  readonly #compiled = new Map<number, CompiledPolicy | null | undefined>([[0, null]]);

  constructor(ports: Pick<ReplayPorts, "documentOf">) {
    this.#ports = ports;
  }

  mayTake(version: number): boolean {
    return this.#compiled.has(version) || this.#compiled.size <= MOST_VERSIONS;
  }

  /** Null for version 0; undefined if it is not known. */
  async of(version: number): Promise<CompiledPolicy | null | undefined> {
    if (!this.#compiled.has(version)) {
      const document = await this.#ports.documentOf(version);
      this.#compiled.set(version, document === null ? undefined : await compiledFrom(document));
    }
    return this.#compiled.get(version);
  }
}
