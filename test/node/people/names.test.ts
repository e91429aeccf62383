/** Names that one could be taken for another by. */
import { describe, expect, it } from "vitest";
import { lookOf, mistakable } from "#rules/names.ts";
import { enrolOptionsBody } from "#api/people-schemas.ts";

describe("two names look alike", () => {
  it.each([
    ["Alex Example", "alex example"],
    ["Alex Example", "  Alex   Example "],
    ["Alex Example", "Alex-Example."],
    ["Alex Example", "Álèx Ëxamplê"],
    ["Alex Example", "Аlех Ехаmрlе"], // Cyrillic А, е, х, а, р
    ["Alex Example", "Αlex Εxample"], // Greek Α and Ε
    ["Alex Example", "Ａｌｅｘ Ｅｘａｍｐｌｅ"],
    ["Alex Example", "𝐀𝐥𝐞𝐱 Example"],
    ["Alex Example", "A\u200blex Exa\u00admple"],
    ["Alex Example", "A1ex Examp|e".replace("|", "l")],
    ["Alex Example", "AIex ExampIe"],
    ["modern", "modem"],
    ["rob0t", "robot"],
    ["vvilly", "willy"],
    ["İlker", "ilker"],
    ["deploy-bot", "Deploy Bot"],
  ])("%s, %s", (one, other) => {
    expect(lookOf(one)).toBe(lookOf(other));
  });

  it.each([
    ["Alex Example", "Alexa Example"],
    ["bot-1", "bot-2"],
    ["山田太郎", "山田次郎"],
    ["Ольга", "Олега"],
    ["محمد", "محمود"],
  ])("and these do not: %s, %s", (one, other) => {
    expect(lookOf(one)).not.toBe(lookOf(other));
  });
});

describe("somebody could be taken for another", () => {
  const OTHERS = [
    { username: "alex", displayName: "Alex Example" },
    { username: "bee", displayName: "—" },
  ];
  it.each([
    ["username", { username: "a1ex", displayName: "Mallory" }],
    ["username", { username: "al.ex", displayName: "Mallory" }],
    ["username", { username: "alex-example", displayName: "Mallory" }],
    ["displayName", { username: "mallory", displayName: "Alex Example" }],
    ["displayName", { username: "mallory", displayName: "alex" }],
    ["displayName", { username: "mallory", displayName: "Alex Example – alex" }],
    ["displayName", { username: "mallory", displayName: "alex: Alex Example" }],
    [null, { username: "mallory", displayName: "Alex Exampleson" }],
    [null, { username: "mallory", displayName: "" }],
    [null, { username: "alexander", displayName: "Alexander Example" }],
  ] as const)("by %s: %j", (by, name) => {
    expect(mistakable(name, OTHERS)).toBe(by);
  });
});

describe("a display name", () => {
  const takes = (display_name: string) => enrolOptionsBody.safeParse({ code: "code", username: "mallory", display_name }).success;
  it.each(["Alex Example (alex)", "Alex [alex]", "Alex 【alex】", "Alex （alex）", "Alex <alex>", "@alex", "…", "👍", "   "])(
    "is not %s",
    (name) => {
      expect(takes(name)).toBe(false);
    },
  );
  it.each(["Alex Example", "María-José O’Neill", "山田 太郎", "Dr. Ng, M.", "محمد", "Jean-Luc d'Arc Jr."])("may be %s", (name) => {
    expect(takes(name)).toBe(true);
  });
});
