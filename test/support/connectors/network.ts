/** The network between a connector and its gate, as a proxy that a test can cut, or let hang: then nothing goes through, and nobody hears of it. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export class Network {
  readonly #proxy = createServer();
  readonly #pairs = new Set<[Socket, Socket]>();
  #isCut = false;

  static async start(): Promise<Network> {
    const network = new Network();
    network.#proxy.on("connect", ({ url = "" }, socket) => network.#connect(url, socket as Socket));
    network.#proxy.listen(0, "127.0.0.1");
    await once(network.#proxy, "listening");
    return network;
  }

  /** For a process that is to be behind it. */
  get environment(): Record<string, string> {
    const { port } = this.#proxy.address() as AddressInfo;
    return { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://127.0.0.1:${port}` };
  }

  /** Every connection ends, and there is no new one. */
  cut(): void {
    this.#isCut = true;
    for (const [one, other] of this.#pairs) {
      one.destroy();
      other.destroy();
    }
  }

  restore(): void {
    this.#isCut = false;
  }

  stop(): void {
    this.cut();
    this.#proxy.close();
  }

  #connect(target: string, socket: Socket): void {
    const [host = "", port = "0"] = target.split(":");
    if (this.#isCut) return void socket.destroy();
    const there = connect(Number(port), host);
    const pair: [Socket, Socket] = [socket, there];
    this.#pairs.add(pair);
    there.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(there).pipe(socket);
    });
    for (const one of pair) {
      one.on("error", () => undefined);
      one.once("close", () => {
        this.#pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
  }
}
