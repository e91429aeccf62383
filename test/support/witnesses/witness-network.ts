/**
 * The network as the Worker under test has it: three witnesses at https://one|two|three.witness.example, which are honest until
 * told otherwise, and https://control.example, where a test tells them. Runs in Node, so that HTTP is HTTP.
 */
import { type Request, Response } from "miniflare";
import { type Bytes, concat, utf8 } from "#countersign/encoding/bytes.ts";
import { makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { makeSigner, makeTypedSigner, signatureLine } from "#countersign/tlog/note.ts";
import { addCheckpoint, type Witness } from "#countersign/tlog/witness.ts";
import { WitnessLedger } from "#countersign/tlog/witness-ledger.ts";
import type { Behaviour, WitnessCall } from "./witness-behaviour.ts";

export const WITNESS_NAMES = ["one", "two", "three"];

const seedOf = (name: string): Bytes => new Uint8Array(32).fill(0x40 + WITNESS_NAMES.indexOf(name));
const keyNameOf = (name: string): string => `${name}.witness.example`;

/** The policy in which two of the three are enough. */
export async function witnessPolicy(): Promise<string> {
  const lines = WITNESS_NAMES.map(async (name) => {
    const { publicKey } = await makeCosigner(keyNameOf(name), seedOf(name));
    return `witness ${name} ${makeWitnessVkey(keyNameOf(name), publicKey)} https://${name}.witness.example/\n`;
  });
  return `${(await Promise.all(lines)).join("")}group enough 2 ${WITNESS_NAMES.join(" ")}\nquorum enough\n`;
}

/** A cosignature line as no cosigner would make it. */
async function lineOf(name: string, noteText: string, timeSeconds: number): Promise<string> {
  const signer = await makeTypedSigner(0x04, keyNameOf(name), seedOf(name));
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSeconds));
  const message = utf8(`cosignature/v1\ntime ${timeSeconds}\n${noteText}`);
  return signatureLine(signer, concat(time, await signer.sign(message)));
}

export class WitnessNetwork {
  readonly #logKey: { origin: string; seed: Bytes };
  #behaviours = new Map<string, Behaviour>();
  #ledgers = new Map<string, WitnessLedger>();
  #calls: WitnessCall[] = [];
  #release = Promise.withResolvers<void>();
  #wavering = 0;

  /** Of the log that the witnesses know: its origin line, and the seed of its key. */
  constructor(origin: string, seed: Bytes) {
    this.#logKey = { origin, seed };
  }

  /** Answers a request of the Worker, whomever it is to. */
  async fetch(request: Request): Promise<Response> {
    const { hostname, pathname } = new URL(request.url);
    if (hostname === "control.example") return await this.#control(pathname.slice(1), request);
    const name = hostname.replace(/\.witness\.example$/, "");
    if (!WITNESS_NAMES.includes(name) || pathname !== "/add-checkpoint" || request.method !== "POST") {
      return new Response("Nobody is here.\n", { status: 404 });
    }
    const body = await request.text();
    const [oldLine = ""] = body.split("\n");
    const note = body.slice(body.indexOf("\n\n") + 2);
    const size = Number(note.split("\n")[1]);
    const contentType = request.headers.get("content-type") ?? "";
    this.#calls.push({ witness: name, oldSize: Number(oldLine.slice("old ".length)), size, contentType });
    return await this.#answer(name, body, note.slice(0, note.indexOf("\n\n") + 1));
  }

  async #answer(name: string, body: string, text: string): Promise<Response> {
    const now = Math.floor(Date.now() / 1000);
    const tomorrow = now + 86_400;
    const cosigned = async (asWhom: string, what: string, at: number) => new Response(await lineOf(asWhom, what, at));
    const behaviour = this.#behaviours.get(name) ?? "honest";
    switch (behaviour) {
      case "honest":
        return await this.#honest(name, body);
      case "down":
        return new Response("Come back later.\n", { status: 503 });
      case "hangs":
        await this.#release.promise;
        return await this.#honest(name, body);
      case "drips":
        return new Response(
          new ReadableStream({
            start: (stream) => stream.enqueue(utf8("—")),
            pull: () => this.#release.promise,
          }),
        );
      case "redirects":
        return new Response(null, { status: 307, headers: { location: "https://two.witness.example/add-checkpoint" } });
      case "says too much":
        return new Response((await lineOf(name, text, now)) + "\n".repeat(20_000));
      case "says nothing":
        return new Response("");
      case "is not text":
        return new Response(Uint8Array.of(0xe2, 0x80, 0xff));
      case "is no note":
        return new Response("Thank you, it was a pleasure.\n");
      case "forges":
        return new Response(
          (await lineOf(name, text, now)).replace(/.{8}(?==*\n$)/, (end) => (end === "AAAAAAAA" ? "BBBBBBBB" : "AAAAAAAA")),
        );
      case "cosigns another head":
        return await cosigned(
          name,
          text.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1}\n`),
          now,
        );
      case "cosigns more than the head":
        return new Response(`more\n\n${await lineOf(name, `${text}\nmore\n`, now)}`);
      case "cosigns at no time":
        return await cosigned(name, text, 0);
      case "cosigns tomorrow":
        return await cosigned(name, text, tomorrow);
      case "signs as another":
        return await cosigned("two", text, now);
      case "adds lines of strangers": {
        const stranger = await makeSigner("stranger.example", new Uint8Array(32));
        const line = signatureLine(stranger, new Uint8Array(64));
        return new Response(line + (await lineOf(name, text, now)) + line);
      }
      case "is ahead":
        return conflict("9007199254740991\n");
      case "wavers":
        return conflict(`${this.#wavering++ % 2}\n`);
      case "conflicts":
        return new Response("1\n", { status: 409, headers: { "content-type": "text/plain" } });
      case "refuses":
        return new Response("inconsistent\n", { status: 422 });
    }
  }

  async #honest(name: string, body: string): Promise<Response> {
    const { origin, seed } = this.#logKey;
    const memory = this.#ledgers.get(name) ?? new WitnessLedger(new Map(), () => Promise.resolve());
    this.#ledgers.set(name, memory);
    const witness: Witness = {
      logKeys: [await makeSigner(origin, seed)],
      cosigner: await makeCosigner(keyNameOf(name), seedOf(name)),
      memory,
      now: () => Math.floor(Date.now() / 1000),
    };
    const { status, contentType, body: said } = await addCheckpoint(utf8(body), witness);
    return new Response(said, { status, headers: { "content-type": contentType } });
  }

  async #control(order: string, request: Request): Promise<Response> {
    switch (order) {
      case "calls":
        return Response.json(this.#calls);
      case "behave":
        this.#behaviours = new Map(Object.entries((await request.json()) as Record<string, Behaviour>));
        return this.#letGo();
      case "reset":
        [this.#behaviours, this.#ledgers, this.#calls] = [new Map(), new Map(), []];
        return this.#letGo();
      default:
        return new Response(null, { status: 404 });
    }
  }

  /** Whoever hangs answers now. */
  #letGo(): Response {
    this.#release.resolve();
    this.#release = Promise.withResolvers();
    return new Response("");
  }
}

const conflict = (size: string): Response => new Response(size, { status: 409, headers: { "content-type": "text/x.tlog.size" } });
