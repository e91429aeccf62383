/**
 * Admins sign for all that may be used of a server: its tools, what it says to models and its prompts, each by its pin. What is signed is
 * the whole list, so that whoever signs has seen what comes, what goes and what stays; the definitions are in the draft.
 */
import { canonicalize, type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import { fit, list, object, text } from "#countersign/json/shape.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { toolsKey } from "#countersign/documents/leaf-key.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import {
  type AdminOperation,
  draftAdminStatement,
  operationHash,
  parametersOf,
  type StatementPorts,
} from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import { LEASE_MS } from "#rules/lease.ts";
import type { ServerDraftPorts } from "./draft-server.ts";
import type { AcceptedText, KnownTools, StandingServer } from "./server-drafts.ts";
import { type ServerEffect, TOOLS_REFUSALS } from "./server-effects.ts";
import type { SignServerPorts } from "./sign-server.ts";

export interface PinnedName {
  name: string;
  pin: string;
}

export interface ToolsDraftPorts extends StatementPorts, Pick<ServerDraftPorts, "storeDraft" | "draftOf" | "standingServers"> {
  /** From the D1 primary. */
  knownTools(serverId: string): Promise<KnownTools>;
}

/** `tools-changed-meanwhile`: the server does not list something so (any more), and it was not accepted so before. */
export type ToolsDraftRefusal =
  | { reason: "unknown-server" | "tools-changed-meanwhile" | "not-drafted" | "too-many-tools" }
  | { reason: "name-reserved"; name: string }
  | { reason: "not-acceptable"; name: string; message: string };

export type ToolsOperation = AdminOperation<"tools.accepted">;

/** Of the definitions of everything that is accepted of one server, canonical: what an isolate keeps of it. */
const MOST_BYTES = 1_000_000;

const byName = (left: PinnedName, right: PinnedName): number => (left.name < right.name ? -1 : Number(left.name > right.name));

/** What is signed: the names in one order, so that it is the same for every admin. */
export const toolsOperation = (server: { id: string; name: string }, tools: readonly PinnedName[]): ToolsOperation => ({
  operation: "tools.accepted",
  parameters: {
    server: { id: server.id, name: server.name },
    tools: tools.map(({ name, pin }) => ({ name, pin })).toSorted(byName),
  },
});

export interface DraftedTools {
  statement: AdminStatement;
}

/** The definition that a pin stands for, as the server lists it, or as it was accepted before; or why there is none. */
function definitionOf({ name, pin }: PinnedName, { accepted, listed }: KnownTools): Result<JsonObject, ToolsDraftRefusal> {
  const item = listed.find((one) => one.name === name);
  if (item?.pin === pin && item.definition !== null) return accept(item.definition);
  const before = accepted.find((tool) => tool.name === name && tool.pin === pin);
  if (before !== undefined) return accept(before.definition);
  if (item?.problem === "name_reserved") return refuse({ reason: "name-reserved", name });
  if (item !== undefined && item.problem !== null) return refuse({ reason: "not-acceptable", name, message: item.message ?? "" });
  return refuse({ reason: "tools-changed-meanwhile" });
}

/** The statement under which `adminId` signs for just these: whatever else was accepted is so no more. */
export async function draftTools(
  serverName: string,
  wanted: readonly PinnedName[],
  adminId: string,
  ports: ToolsDraftPorts,
): Promise<Result<DraftedTools, ToolsDraftRefusal>> {
  const server = (await ports.standingServers()).find(({ settings }) => settings.name === serverName);
  if (server === undefined) return refuse({ reason: "unknown-server" });
  const { id, name } = server.settings;
  const known = await ports.knownTools(id);
  const tools: AcceptedText[] = [];
  for (const one of wanted.toSorted(byName)) {
    const definition = definitionOf(one, known);
    if (!definition.ok) return definition;
    if (tools.at(-1)?.name === one.name) return refuse({ reason: "not-acceptable", name: one.name, message: "is named twice" });
    tools.push({ name: one.name, pin: one.pin, definition: canonicalize(definition.value) });
  }
  const draft = canonicalize(tools);
  if (draft.length > MOST_BYTES) return refuse({ reason: "too-many-tools" });
  const operation = toolsOperation({ id, name }, tools);
  await ports.storeDraft({
    operationHash: operationHash(operation),
    serverId: id,
    number: server.acceptances + 1,
    settings: null,
    credential: null,
    tools: draft,
    madeBy: adminId,
    madeAt: timestamp(ports.now()),
  });
  return accept({ statement: draftAdminStatement(adminId, operation, ports) });
}

const draftedShape = list(object({ name: text(1, 200), pin: text(64, 64), definition: text(2) }));

/** The tools of a draft; null if it is of something else. */
export function draftedTools(tools: string | null): { name: string; pin: string; definition: JsonObject }[] | null {
  const json = tools === null ? null : parseJson(tools);
  const read = json?.ok === true ? fit(draftedShape, json.value) : null;
  if (read?.ok !== true) return null;
  return read.value.map(({ name, pin, definition }) => ({ name, pin, definition: JSON.parse(definition) as JsonObject }));
}

/** The statement under which `adminId` signs for what another admin has signed for, named by its hash. */
export async function draftToolsAgain(
  hash: string,
  adminId: string,
  ports: StatementPorts & Pick<ToolsDraftPorts, "draftOf" | "standingServers">,
): Promise<Result<DraftedTools, ToolsDraftRefusal>> {
  const draft = await ports.draftOf(hash);
  const tools = draftedTools(draft?.tools ?? null);
  const server = (await ports.standingServers()).find(({ settings }) => settings.id === draft?.serverId);
  if (tools === null || server === undefined) return refuse({ reason: "not-drafted" });
  const operation = toolsOperation(server.settings, tools);
  if (operationHash(operation) !== hash) return refuse({ reason: "not-drafted" });
  return accept({ statement: draftAdminStatement(adminId, operation, ports) });
}

export type AcceptRefusal =
  | AuthorisationRefusal
  | { reason: (typeof TOOLS_REFUSALS)[keyof typeof TOOLS_REFUSALS] }
  | { reason: "unknown-server" };

export interface AcceptedTools extends SignatureProgress {
  server: StandingServer;
  tools: PinnedName[];
}

/** What a statement accepts of a server; null if it accepts nothing. */
export const toolsOfStatement = (statement: AdminStatement): ToolsOperation["parameters"] | null =>
  parametersOf("tools.accepted", statement);

/** Whether something that may be used is not among these any more, or not as it was. */
const takesAway = (accepted: readonly PinnedName[], tools: readonly PinnedName[]): boolean =>
  !accepted.every(({ name, pin }) => tools.some((tool) => tool.name === name && tool.pin === pin));

/**
 * 1. what the signatures are under was drafted here for this server, and each definition is what its pin says; 2. enough admins signed for
 * exactly this, or it waits with their signatures; 3. tools, leaf and spent nonces are written together, if nothing was accepted of the
 * server meanwhile, and it was last seen to list each of them just so, or it was accepted before; 4. nothing that this takes away passes
 * by what was read before any more (rules/lease.ts). Only then is it answered.
 */
export async function acceptTools(
  serverName: string,
  brought: readonly Authorisation[],
  adminId: string,
  ports: SignServerPorts & Pick<ToolsDraftPorts, "knownTools">,
): Promise<Result<AcceptedTools, AcceptRefusal>> {
  const signed = brought[0] === undefined ? null : toolsOfStatement(brought[0].statement);
  if (signed === null || signed.server.name !== serverName) {
    return refuse({ reason: brought.length === 0 ? "wrong-number-of-signatures" : "signed-for-something-else" });
  }
  const operation = toolsOperation(signed.server, signed.tools);
  const draft = await ports.draftOf(operationHash(operation)); // 1
  const drafted = draftedTools(draft?.tools ?? null);
  if (draft === null || drafted === null || draft.tools === null) return refuse({ reason: "not-drafted" });
  const { serverId, number, tools } = draft;
  const isAsPinned = drafted.every(({ name, pin, definition }) => definition["name"] === name && toolPin(definition) === pin);
  const isAsSigned = canonicalize(operation.parameters) === canonicalize(signed) && serverId === signed.server.id;
  if (!isAsPinned || !isAsSigned || canonicalize(toolsOperation(signed.server, drafted).parameters) !== canonicalize(signed)) {
    return refuse({ reason: "signed-for-something-else" });
  }
  const server = await ports.serverById(serverId);
  if (server === null || server.isRemoved || server.settings.name !== serverName) return refuse({ reason: "unknown-server" });
  const { accepted: before } = await ports.knownTools(serverId);
  const outcome = await signedChange(
    {
      operation, // 2
      key: toolsKey(serverId, number),
      effect: (at, authorised): ServerEffect => ({ kind: "tools-accepted", serverId, tools, number, at, authorised }), // 3
      refusals: TOOLS_REFUSALS,
      otherLeaf: "tools-accepted-meanwhile",
      stands: async () => ((await ports.serverById(serverId))?.acceptances ?? 0) >= number,
    },
    adminId,
    brought,
    { ...ports, keepSignatures: (kept, spends) => ports.keepWithServerDraft(kept, spends, draft) },
  );
  if (!outcome.ok) return outcome;
  const progress = progressOf(outcome.value);
  // Of what another call wrote, this one may have read the tools only afterwards.
  if (progress.done && (outcome.value.made === "by-another" || takesAway(before, signed.tools))) await ports.sleep(LEASE_MS); // 4
  return accept({ ...progress, server, tools: signed.tools });
}
