/** The gate's ports for people and agents, made of this Worker's bindings. */
import type { Context } from "hono";
import type { AgentPorts } from "../gate/create-agent.ts";
import type { EnrolmentPorts } from "../gate/enrol-first-person.ts";
import type { RevocationPorts } from "../gate/revoke-agent.ts";
import type { SignInPorts } from "../gate/sign-in.ts";
import { checkPasskeyAssertion } from "../passkeys/authentication.ts";
import { checkRegistration, type RegistrationResponse } from "../passkeys/registration.ts";
import { agentById } from "../storage/agents.ts";
import { anybodyEnrolled, passkeyAndPerson } from "../storage/people.ts";
import { openSession } from "../storage/sessions.ts";
import type { App } from "./context.ts";
import { cancelPendingOf, logOf } from "./gate-ports.ts";

/** Everything that the verbs of people and agents need. */
export async function peoplePorts(
  c: Context<App>,
): Promise<EnrolmentPorts<RegistrationResponse> & SignInPorts & AgentPorts & RevocationPorts> {
  const { DB } = c.env;
  const { origin, rpId, serverSecret, setupToken } = c.var.config;
  const { log, origin: logOrigin } = await logOf(c.env, c.var.config);
  return {
    log,
    logOrigin,
    origin,
    serverSecret,
    setupToken,
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    anybodyEnrolled: () => anybodyEnrolled(DB),
    checkRegistration: (response, challenge) => checkRegistration(response, { challenge, origin, rpId }),
    passkeyAndPerson: (credentialId) => passkeyAndPerson(DB, credentialId),
    checkAssertion: (claim, passkey) => checkPasskeyAssertion(claim, passkey, origin),
    openSession: (session) => openSession(DB, session),
    agentById: (id) => agentById(DB, id),
    cancelPendingOf: (id) => cancelPendingOf(c.env, id),
  };
}
