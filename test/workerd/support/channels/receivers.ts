/** The network of test/support/channels/receiver-network.ts, from inside the Worker under test. */
import type { ReceivedRequest, ReceiverAnswer, Resolution } from "#test/support/channels/receiver-behaviour.ts";

const order = async (what: string, body: unknown = null): Promise<string> =>
  await (await fetch(`https://control.example/${what}`, { method: "POST", body: JSON.stringify(body) })).text();

export const receivers = {
  /** That host answers so, one after the other, and with the last of them from then on. */
  answer: async (host: string, ...answers: ReceiverAnswer[]): Promise<void> => void (await order("answer", { host, answers })),
  /** What a receiver with a protocol of its own is to do from now on. */
  tell: async (host: string, orders: object): Promise<void> => void (await order("tell", { host, orders })),
  /** What the resolver says of a name. Of any other it says an address that belongs to everybody. */
  resolve: async (name: string, resolution: Resolution): Promise<void> => void (await order("resolve", { name, resolution })),
  /** Whoever hangs goes on. */
  release: async (): Promise<void> => void (await order("release")),
  /** Nobody was told or sent anything. For `beforeEach`: files share a network. */
  reset: async (): Promise<void> => void (await order("reset")),
  /** What was sent since the last reset, in order; to that host, or to all. */
  requests: async (host?: string): Promise<ReceivedRequest[]> => {
    const all = JSON.parse(await order("requests")) as ReceivedRequest[];
    return host === undefined ? all : all.filter((one) => one.host === host);
  },
};
