/** Has no types of its own; the part that tests call. */
declare module "http_ece" {
  import type { ECDH } from "node:crypto";
  interface Opening {
    version: "aes128gcm";
    privateKey: ECDH;
    authSecret: string;
  }
  const ece: { decrypt(body: Buffer, how: Opening): Buffer };
  export default ece;
}
