/** Command lines that ask for a session, and people who let them in, as both call the service. */
import type { OwnStatement } from "#countersign/documents/ceremony.ts";
import { ownSignature } from "../channels/notifications.ts";
import { given } from "../invited.ts";
import { call, type Someone } from "../people.ts";

export interface Begun {
  device_code: string;
  user_code: string;
}

export const askPairing = (name: string): Promise<Response> =>
  call("POST", "/api/v1/command-line/pairings", { body: { name }, origin: null });

export const beginPairing = async (name: string): Promise<Begun> => given<Begun>(await askPairing(name), 201);

export const draftPairing = ({ cookie }: Someone, code: string): Promise<Response> =>
  call("POST", "/account/command-line/statement", { cookie, body: { code } });

export const draftOfPairing = async (person: Someone, code: string): Promise<OwnStatement> =>
  (await given<{ statement: OwnStatement }>(await draftPairing(person, code))).statement;

export const sendPairing = ({ cookie }: Someone, signature: object): Promise<Response> =>
  call("POST", "/api/v1/me/command-lines", { cookie, body: { signature } });

/** The person lets it in with their passkey. */
export async function letInBy(person: Someone, code: string): Promise<Response> {
  return sendPairing(person, await ownSignature(person.passkey, await draftOfPairing(person, code)));
}

export const collect = (deviceCode: string): Promise<Response> =>
  call("POST", "/api/v1/command-line/token", { body: { device_code: deviceCode }, origin: null });

/** The key of a command line that reads as this person. */
export async function pairedAs(person: Someone, name = "laptop"): Promise<string> {
  const begun = await beginPairing(name);
  await given(await letInBy(person, begun.user_code), 201);
  return (await given<{ key: string }>(await collect(begun.device_code))).key;
}

/** A call with a command line's key, from no page. */
export const callWith = (key: string, method: string, path: string, more: Parameters<typeof call>[2] = {}): Promise<Response> =>
  call(method, path, { origin: null, ...more, headers: { authorization: `Bearer ${key}`, ...more.headers } });
