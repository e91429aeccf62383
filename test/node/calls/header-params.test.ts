import { describe, expect, it } from "vitest";
import { decodedHeader, headerMisfit, headerParams, headerText } from "#rules/calls/header-params.ts";

const schema = {
  properties: {
    region: { type: "string", "x-mcp-header": "Region" },
    n: { "x-mcp-header": "bad name" },
    m: {},
    to: { type: "object", properties: { account: { type: "integer", "x-mcp-header": "Account_Id" } } },
    live: { type: "boolean", "x-mcp-header": "Live" },
  },
};

describe("arguments in headers", () => {
  it("are those that the schema names, wherever it has them", () => {
    expect(headerParams(schema, { region: "eu", n: 1, m: 2, to: { account: 7 }, live: false })).toEqual({
      region: "eu",
      account_id: "7",
      live: "false",
    });
    expect(headerParams(schema, { region: null, to: 7, live: [] })).toEqual({});
    expect(headerParams(undefined, { region: "eu" })).toEqual({});
  });

  it.each([
    ["as it is", "eu", "eu"],
    ["with room in it", "e u", "e u"],
    ["not of ASCII", "Köln", "=?base64?S8O2bG4=?="],
    ["with room around it", " eu", "=?base64?IGV1?="],
    ["of two lines", "a\nb", "=?base64?YQpi?="],
    ["like what is encoded", "=?base64?", "=?base64?PT9iYXNlNjQ/?="],
  ])("go there %s, and come back", (_, text, header) => {
    expect(headerText(text)).toBe(header);
    expect(decodedHeader(header)).toBe(text);
  });

  it.each([
    ["no base64", "=?base64?S8O2bG4?="],
    ["no text", "=?base64?/w==?="],
  ])("say nothing with %s", (_, header) => {
    expect(decodedHeader(header)).toBeNull();
  });

  it.each<[string, Record<string, string>, string | null]>([
    ["all said", { "mcp-param-region": "eu", "mcp-param-account_id": "7" }, null],
    ["a number in another form", { "mcp-param-region": "eu", "mcp-param-account_id": "7.0" }, null],
    ["more than is wanted", { "mcp-param-region": "eu", "mcp-param-account_id": "7", "mcp-param-x": "1" }, null],
    ["one missing", { "mcp-param-region": "eu" }, "Mcp-Param-account_id"],
    ["another text", { "mcp-param-region": "us", "mcp-param-account_id": "7" }, "Mcp-Param-region"],
    ["no base64", { "mcp-param-region": "=?base64?!?=", "mcp-param-account_id": "7" }, "Mcp-Param-region"],
  ])("are compared with what came: %s", (_, headers, misfit) => {
    expect(headerMisfit({ region: "eu", account_id: "7" }, (name) => headers[`mcp-param-${name}`] ?? null)).toBe(misfit);
  });
});
