/** Shell of one MCP server behind the gate: its tokens (src/upstreams). It stores those that people gave it leave for, sealed, and no others. */
import { DurableObject } from "cloudflare:workers";
import type { AnswersNowOrLater, Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { Flow, RemoteUpstreamServer } from "#gate/servers/remote-upstream.ts";
import { outboundFor } from "#outbound/outbound.ts";
import { noteRefusedGrant, standingOfGrants } from "#storage/servers/server-grants.ts";
import { beginFlow, finishFlow, type FlowPorts, forgetOver } from "#upstreams/oauth/flows.ts";
import { GrantTokens, type KeptServerGrant } from "#upstreams/oauth/grant-tokens.ts";
import { tendGrants } from "#upstreams/oauth/return-grants.ts";
import { ServerTokens } from "#upstreams/server-tokens.ts";
import { vaultOf } from "#vault/vault.ts";
import { KeptFlows, KeptGrants } from "./server/kept-grants.ts";

/** Soon after a grant was made or ended, and as long as something is left to be done; otherwise once a day: D1 may have been put back. */
const SOON_MS = 15 * 60_000;
const DAILY_MS = 24 * 60 * 60_000;

export class UpstreamServer extends DurableObject<Bindings> implements AnswersNowOrLater<RemoteUpstreamServer> {
  readonly #grants = new KeptGrants(this.ctx.storage);
  readonly #flows = new KeptFlows(this.ctx.storage);
  #tokens: ServerTokens | null = null;
  #granted: GrantTokens | null = null;

  /** Not when it starts: what is amiss with the configuration is told to whoever asks. */
  #ports() {
    const config = readConfig(this.env);
    return { outbound: outboundFor(this.env, config), vault: vaultOf(config), now: () => Date.now() };
  }

  #flowPorts(): FlowPorts {
    const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
    return { ...this.#ports(), grants: this.#grants, flows: this.#flows, random };
  }

  /** `RemoteUpstreamServer.token`. */
  token(...asked: Parameters<RemoteUpstreamServer["token"]>): ReturnType<RemoteUpstreamServer["token"]> {
    this.#tokens ??= new ServerTokens(this.#ports());
    return this.#tokens.token(...asked);
  }

  /** `RemoteUpstreamServer.grantedToken`. */
  grantedToken(...asked: Parameters<RemoteUpstreamServer["grantedToken"]>): ReturnType<RemoteUpstreamServer["grantedToken"]> {
    this.#granted ??= new GrantTokens({
      ...this.#ports(),
      grants: this.#grants,
      noteRefused: (id) => noteRefusedGrant(this.env.DB, id, Date.now()).catch((error: unknown) => this.#unwell(error)),
      keepEnded: (grant) => this.#keepEnded(grant),
    });
    return this.#granted.token(...asked);
  }

  /** `RemoteUpstreamServer.beginFlow`. The alarm is there before what it is to look after, here and where the flow ends. */
  async beginFlow(flow: Flow): Promise<void> {
    await this.#wakeBy(flow.until);
    return beginFlow(flow, this.#flowPorts());
  }

  /** `RemoteUpstreamServer.finishFlow`. */
  async finishFlow(...asked: Parameters<RemoteUpstreamServer["finishFlow"]>): ReturnType<RemoteUpstreamServer["finishFlow"]> {
    await this.#wakeBy(Date.now() + SOON_MS);
    const made = await finishFlow(...asked, this.#flowPorts());
    // A round that ended meanwhile did not know of it.
    if (made.ok) await this.#wakeBy(Date.now() + SOON_MS);
    return made;
  }

  /**
   * `RemoteUpstreamServer.tendGrants`. The next time is stored first: should this one break off, that one does it. No alarm is ever deleted, so
   * that none is lost which somebody set meanwhile; one that finds nothing is the last.
   */
  async tendGrants(): Promise<void> {
    if (this.#grants.all().length === 0 && this.#flows.all().length === 0) return;
    try {
      const begun = await this.#wakeBy(Date.now() + SOON_MS);
      await forgetOver(this.#flows, Date.now());
      await this.#granted?.settle();
      const isLeft = await tendGrants({
        ...this.#ports(),
        grants: this.#grants,
        standingOf: (ids) => standingOfGrants(this.env.DB, ids, Date.now()),
        note: (what, grant) => logLine(what, { grant }),
      });
      const due = this.#flows.all().map(({ until }) => until);
      if (this.#grants.all().length > 0) due.push(Date.now() + (isLeft ? SOON_MS : DAILY_MS));
      if (due.length > 0) await this.#wakeBy(Math.min(...due), begun);
    } catch (error) {
      this.#unwell(error);
    }
  }

  /** An alarm is only moved to be sooner, unless it is still `begun`, which whoever has done its work set. Gives when it comes. */
  async #wakeBy(at: number, begun: number | null = null): Promise<number> {
    const set = await this.ctx.storage.getAlarm();
    if (set !== null && set !== begun && set <= at) return set;
    await this.ctx.storage.setAlarm(at);
    return at;
  }

  /** `GrantTokenPorts.keepEnded`: the alarm is stored in one with what it is for. */
  async #keepEnded(grant: KeptServerGrant): Promise<void> {
    const woken = this.ctx.storage.setAlarm(Date.now());
    await Promise.all([woken, this.#grants.write(grant)]);
  }

  override alarm(): Promise<void> {
    return this.tendGrants();
  }

  #unwell(error: unknown): void {
    logLine("unwell", { part: "server-grants", error: errorText(error) });
  }
}
