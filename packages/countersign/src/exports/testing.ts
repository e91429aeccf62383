/** `countersign/testing`: for the tests of those who build on Countersign. Nothing here proves or decides anything. */
export { StubCountersign, type StubCall } from "../testing/stub-countersign.ts";
export {
  type Algorithm,
  type AuthenticationJson,
  type Ceremony,
  COSE_NUMBER,
  type PasskeyOptions,
  type RegistrationJson,
  SoftwarePasskey,
} from "../testing/software-passkey.ts";
export type { Assertion } from "../documents/record.ts";
export type { JsonObject, JsonValue } from "../json/canonical-json.ts";
