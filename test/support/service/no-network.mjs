/** Preloaded into a process and all it starts: a connection to anywhere but this machine is refused, and said on standard error. */
import { Socket } from "node:net";

const connect = Reflect.get(Socket.prototype, "connect");
Socket.prototype.connect = function (...given) {
  const { host, path } = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (!path && !/^(localhost|127\.0\.0\.1|::1)$/.test(host ?? "localhost")) {
    console.error(`no network here, and yet: ${host}`);
    throw new Error("no network here");
  }
  return connect.apply(this, given);
};
