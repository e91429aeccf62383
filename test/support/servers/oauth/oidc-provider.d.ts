/** Has no types of its own; the part that tests use. */
declare module "oidc-provider" {
  import type { EventEmitter } from "node:events";
  import type { IncomingMessage, ServerResponse } from "node:http";
  export interface FoundToken {
    accountId: string;
    aud?: string;
    isExpired: boolean;
    destroy(): Promise<void>;
  }
  export class Provider extends EventEmitter {
    constructor(issuer: string, configuration: object);
    callback(): (incoming: IncomingMessage, outgoing: ServerResponse) => void;
    AccessToken: { find(token: string): Promise<FoundToken | undefined> };
  }
}
