import { describe, expect, it } from "vitest";
import { sessionName, unwrapId, wrapId } from "#rules/calls/session-token.ts";

const SECRET = new Uint8Array(32).fill(7);
const HOLDER = { agentId: "agt_one", serverId: "srv_one" };

describe("a server's session as agents have it", () => {
  it("stands for the server's own, for just this agent and server", () => {
    const token = wrapId(SECRET, "session", HOLDER, "5f0c-ü-session");
    expect(token).toMatch(/^cst_[A-Za-z0-9_-]+$/);
    expect(unwrapId(SECRET, "session", HOLDER, token)).toBe("5f0c-ü-session");
  });

  it.each([
    ["another agent", { ...HOLDER, agentId: "agt_two" }],
    ["another server", { ...HOLDER, serverId: "srv_two" }],
    ["two that run together alike", { agentId: "agt_one\0srv_one", serverId: "" }],
  ])("opens nothing to %s", (_, holder) => {
    expect(unwrapId(SECRET, "session", holder, wrapId(SECRET, "session", HOLDER, "s"))).toBeNull();
  });

  it("is not another kind of thing, nor of another deployment, nor changed", () => {
    const token = wrapId(SECRET, "session", HOLDER, "s");
    expect(unwrapId(SECRET, "task", HOLDER, token)).toBeNull();
    expect(unwrapId(new Uint8Array(32), "session", HOLDER, token)).toBeNull();
    const other = wrapId(SECRET, "session", HOLDER, "t");
    expect(unwrapId(SECRET, "session", HOLDER, token.slice(0, 20) + other.slice(20))).toBeNull();
    for (const nothing of ["", "cst_", "s", "cst_AAAA", `${token}=`]) expect(unwrapId(SECRET, "session", HOLDER, nothing)).toBeNull();
  });

  it("has a name in records that does not open it", () => {
    const token = wrapId(SECRET, "session", HOLDER, "s");
    expect(sessionName(token)).toMatch(/^ses_[A-Za-z0-9_-]{22}$/);
    expect(sessionName(token)).not.toBe(sessionName(wrapId(SECRET, "session", HOLDER, "t")));
  });
});
