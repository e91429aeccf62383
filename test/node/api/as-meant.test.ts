/** What callers send for what they do not give, and for numbers and booleans. */
import { describe, expect, it } from "vitest";
import { askBody, askTool } from "#api/approval-schemas.ts";
import { asMeant } from "#api/as-meant.ts";
import { checkInput } from "#api/check-input.ts";
import { readAsk } from "#api/read-ask.ts";

const PLAIN = { action: "Deploy", payload: { a: null, b: "", c: "7", d: "true", approvers: null } };
const asked = (input: object) => {
  const checked = checkInput(askTool, input);
  return checked.ok ? readAsk(checked.value) : checked;
};

describe("an ask is the same", () => {
  const optional = ["reason", "approver_username", "approvers", "expires_in_seconds", "reveal", "wait_seconds", "idempotency_key"];
  it.each(optional)("with null for %s", (name) => {
    expect(asked({ ...PLAIN, [name]: null })).toEqual(asked(PLAIN));
  });
  it("with all of them null, and those inside of approvers", () => {
    expect(asked({ ...PLAIN, ...Object.fromEntries(optional.map((name) => [name, null])) })).toEqual(asked(PLAIN));
    expect(asked({ ...PLAIN, approvers: { users: null, groups: null, required: null } })).toEqual(asked({ ...PLAIN, approvers: {} }));
  });
  it.each(["reason", "idempotency_key"])("with an empty %s", (name) => {
    expect(asked({ ...PLAIN, [name]: "" })).toEqual(asked(PLAIN));
  });
  it("with settings as text", () => {
    const settings = { expires_in_seconds: 600, reveal: false, wait_seconds: 5, approvers: { users: ["alex"], required: 2 } };
    const text = { expires_in_seconds: "600", reveal: "false", wait_seconds: "5", approvers: { users: ["alex"], required: "2" } };
    expect(asked({ ...PLAIN, ...text })).toEqual(asked({ ...PLAIN, ...settings }));
    expect(asMeant(askBody, { ...PLAIN, ...text })).toEqual({ ...PLAIN, ...settings });
  });
});

it("a payload as text is told what it has to be", () => {
  expect(asked({ ...PLAIN, payload: "{}" })).toMatchObject({
    refusal: { errors: [{ field: "payload", message: "a JSON object, not text" }] },
  });
});

it("the payload stays as it was written", () => {
  expect(asked(PLAIN)).toMatchObject({ ok: true, value: { payload: PLAIN.payload } });
});

describe("is refused, by its name:", () => {
  it.each<[string, string, object]>([
    ["an empty approver_username", "approver_username", { approver_username: "" }],
    ["an empty name among users", "approvers.users[0]", { approvers: { users: [""] } }],
    ["an empty name among groups", "approvers.groups[1]", { approvers: { groups: ["ops", ""] } }],
    ["null among users", "approvers.users[0]", { approvers: { users: [null] } }],
    ["no users at all", "approvers.users", { approvers: { users: [] } }],
    ["a number of seconds in words", "wait_seconds", { wait_seconds: "five" }],
    ["a fraction as text", "wait_seconds", { wait_seconds: "1.5" }],
    ["a number between spaces", "wait_seconds", { wait_seconds: " 5" }],
    ["a boolean in other words", "reveal", { reveal: "yes" }],
    ["null for the action", "action", { action: null }],
    ["null for the payload", "payload", { payload: null }],
    ["a payload as text", "payload", { payload: '{"a":1}' }],
    ["a member that there is not, were it null", "users", { users: null }],
  ])("%s", (_, field, members) => {
    expect(asked({ ...PLAIN, ...members })).toMatchObject({ ok: false, refusal: { code: "invalid_request", errors: [{ field }] } });
  });
});
