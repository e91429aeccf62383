/** What a group of processes listens on, as Linux tells it, and what answers there. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { processesOf } from "#test/support/service/processes.ts";

/** A port of this machine, or the path of a socket that is a file. */
export type Door = { address: string; port: number } | { socketPath: string };

const LISTENS = "0A";
/** __SO_ACCEPTCON: it takes connections. */
const ACCEPTS = 0x10000;

/** The sockets that a process holds open, by inode. It may have ended meanwhile. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

const linesOf = (table: string): string[][] =>
  readFileSync(`/proc/net/${table}`, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));

const tcp = (table: "tcp" | "tcp6", own: ReadonlySet<string>): Door[] =>
  linesOf(table).flatMap(([, local = "", , state, , , , , , inode = ""]) => {
    const [address = "", port = ""] = local.split(":");
    return state === LISTENS && own.has(inode) ? [{ address, port: Number.parseInt(port, 16) }] : [];
  });

/** UDP knows no listening: whatever is bound and not connected takes what comes. */
const udp = (table: "udp" | "udp6", own: ReadonlySet<string>): Door[] =>
  linesOf(table).flatMap(([, local = "", remote = "", , , , , , , inode = ""]) => {
    const [address = "", port = ""] = local.split(":");
    return remote.endsWith(":0000") && own.has(inode) ? [{ address, port: Number.parseInt(port, 16) }] : [];
  });

const unix = (own: ReadonlySet<string>): Door[] =>
  linesOf("unix").flatMap(([, , , flags = "", , , inode = "", socketPath = ""]) =>
    (Number.parseInt(flags, 16) & ACCEPTS) !== 0 && own.has(inode) ? [{ socketPath }] : [],
  );

/** Everything at which the processes of the group let somebody in. */
export function doorsOf(group: number): Door[] {
  const own = new Set(processesOf(group).flatMap(socketsOf));
  return [...tcp("tcp", own), ...tcp("tcp6", own), ...udp("udp", own), ...udp("udp6", own), ...unix(own)];
}

/** 127.0.0.1, as /proc/net/tcp writes it. */
export const LOOPBACK = "0100007F";

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
}

export interface Asked {
  method?: "GET" | "POST" | "CONNECT";
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Asks at a door. Status 0 if the connection ends without an answer. */
export function ask(door: Door, { method = "GET", path, headers = {}, body = "" }: Asked): Promise<Answer> {
  const where = "port" in door ? { host: "127.0.0.1", port: door.port } : door;
  const host = "port" in door ? { host: `localhost:${door.port}` } : { host: "localhost" };
  return new Promise((resolve) => {
    const call = request({ ...where, method, path, agent: false, headers: { ...host, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("close", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    call.on("connect", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: "" });
    });
    call.on("error", () => resolve({ status: 0, headers: {}, text: "" }));
    call.end(body);
  });
}
