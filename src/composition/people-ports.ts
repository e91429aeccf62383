/** The gate's ports for people and agents, made of this Worker's bindings. */
import { timestamp } from "#countersign/documents/words.ts";
import { checkPasskeyAssertion } from "#passkeys/authentication.ts";
import { checkRegistration } from "#passkeys/registration.ts";
import { agentById, standingAgents } from "#storage/agents.ts";
import { agentsBelow } from "#storage/chains/below.ts";
import { leavingOf } from "#storage/erasure/erasure-effects.ts";
import { inviteByCodeHash, storeInvite } from "#storage/invites.ts";
import { oldKeysOf } from "#storage/keys/agent-keys.ts";
import { counterPorts } from "#storage/passkeys/counter.ts";
import { anybodyEnrolled, otherNames, passkeyAndPerson, personById, standingCredentialsOf } from "#storage/people.ts";
import { letIn, notePairingRefused, openCollected, openPairing, storePairing } from "#storage/people/pairings.ts";
import { keysOfAdmins } from "#storage/people/admin-keys.ts";
import { keepSignatures, keptSignatures } from "#storage/proposals.ts";
import { minuteOf } from "#storage/failures.ts";
import {
  deleteAllSessions,
  deleteOtherSessions,
  deleteOwnSession,
  deleteSession,
  openSession,
  sessionByTokenHash,
  sessionsOf,
  touchSession,
} from "#storage/sessions.ts";
import { ownerOfStopToken, storeStopToken } from "#storage/stops/stop-tokens.ts";
import { stopOf } from "#storage/stops/stops.ts";
import { discardWaiting, storeWaiting, waitingByCredential } from "#storage/waiting-passkeys.ts";
import type { Config } from "#config/config.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Effect } from "#gate/effects.ts";
import type { RemoteLog } from "#gate/log/remote-log.ts";
import type { PeoplePorts, Ports } from "#http/ports.ts";
import { sleep } from "./approval-ports.ts";
import { cancelPendingOf, cancelStopped } from "./cancel-pending.ts";
import { standingChanged } from "./key-ports.ts";
import { logOf } from "./log-ports.ts";

/** Everything that the verbs of people and agents need. */
export async function peoplePorts(env: Bindings, config: Config): Promise<PeoplePorts & { log: RemoteLog<Effect> }> {
  const { DB } = env;
  const { origin, rpId, serverSecret, setupToken, adminsRequired, sessionLimits } = config;
  const { log, origin: logOrigin } = await logOf(env, config);
  return {
    log,
    logOrigin,
    origin,
    serverSecret,
    setupToken,
    adminsRequired,
    sessionLimits,
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    anybodyEnrolled: () => anybodyEnrolled(DB),
    personById: (id) => personById(DB, id),
    leavingOf: (personId) => leavingOf(DB, personId, timestamp(Date.now())),
    otherNames: (personId) => otherNames(DB, personId),
    standingAgents: () => standingAgents(DB, timestamp(Date.now())),
    agentsBelow: (agentId, now) => agentsBelow(DB, agentId, now),
    mostInChain: config.caps.MAX_CHAIN,
    keysOfAdmins: () => keysOfAdmins(DB),
    checkRegistration: (response, challenge) => checkRegistration(response, { challenge, origin, rpId }),
    passkeyAndPerson: (credentialId) => passkeyAndPerson(DB, credentialId),
    checkAssertion: (claim, passkey) => checkPasskeyAssertion(claim, passkey, origin),
    ...counterPorts(DB),
    storeInvite: (invite, codeHash) => storeInvite(DB, invite, codeHash),
    inviteByCodeHash: (codeHash) => inviteByCodeHash(DB, codeHash),
    storeWaiting: (passkey, inviteId, spends) => storeWaiting(DB, passkey, inviteId, spends),
    waitingPasskey: (credentialId) => waitingByCredential(DB, credentialId),
    discardWaiting: (personId, credentialId) => discardWaiting(DB, personId, credentialId),
    keptSignatures: (operationHash, now) => keptSignatures(DB, operationHash, now),
    keepSignatures: (kept, spends) => keepSignatures(DB, kept, spends, timestamp(Date.now())),
    openSession: (session) => openSession(DB, session),
    agentById: (id) => agentById(DB, id),
    standingChanged: (id) => standingChanged(env, id),
    cancelPendingOf: (id) => cancelPendingOf(env, id),
    oldKeysOf: (agentId) => oldKeysOf(DB, agentId),
    stopOf: (agentId) => stopOf(DB, agentId),
    storeStopToken: (personId, tokenHash, createdAt) => storeStopToken(DB, personId, tokenHash, createdAt),
    ownerOfStopToken: (tokenHash) => ownerOfStopToken(DB, tokenHash),
    cancelStopped: (agentId) => cancelStopped(env, agentId),
    sleep,
  };
}

/** What command lines are let in with. */
export async function pairingPorts(env: Bindings, config: Config): ReturnType<Ports["pairings"]> {
  const { DB } = env;
  return {
    ...(await peoplePorts(env, config)),
    storePairing: (made, most) => storePairing(DB, made, most),
    openPairing: (userCode, now) => openPairing(DB, userCode, now),
    letIn: (pairing, by) => letIn(DB, pairing, by),
    refusePairing: (userCode, now) => notePairingRefused(DB, userCode, now),
    collectPairing: (deviceHash, tokenHash, now) => openCollected(DB, deviceHash, tokenHash, now),
    credentialsOf: (personId) => standingCredentialsOf(DB, personId),
  };
}

/** What sessions are read and ended with. */
export const sessionPorts = ({ DB }: Bindings, { sessionLimits }: Config): ReturnType<Ports["sessions"]> => ({
  anybodyEnrolled: () => anybodyEnrolled(DB),
  sessionByTokenHash: (tokenHash) => sessionByTokenHash(DB, tokenHash, minuteOf(Date.now())),
  touchSession: (tokenHash, now) => touchSession(DB, tokenHash, now),
  deleteSession: (tokenHash) => deleteSession(DB, tokenHash),
  sessionsOf: (personId, over) => sessionsOf(DB, personId, over),
  endSession: (personId, hashBegins) => deleteOwnSession(DB, personId, hashBegins),
  endOthers: (personId, tokenHash) => deleteOtherSessions(DB, personId, tokenHash),
  endAll: (personId) => deleteAllSessions(DB, personId),
  personById: (id) => personById(DB, id),
  sessionLimits,
  now: Date.now,
});
