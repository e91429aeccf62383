/** What is masked of a server's message, and that the rest stays as it is. */
import { describe, expect, it } from "vitest";
import { b64, b64u, utf8 } from "#countersign/encoding/bytes.ts";
import { credentialsOf } from "#rules/calls/masking/credentials.ts";
import { maskAnswer, maskDocument, maskValue } from "#rules/calls/masking/mask-answer.ts";
import { compileMasks, NO_MASKS } from "#rules/calls/masking/masks.ts";
import { maskedMessage, maskRule, masksOf } from "#test/support/calls/masking.ts";

const result = (value: string): string => `{"jsonrpc":"2.0","id":7,"result":${value}}`;
const NOTHING = credentialsOf([]);

describe("a path", () => {
  const USERS = '{"structuredContent":{"users":[{"name":"Ada","email":"ada@example.com"},{"email":"bo@example.com","age":41}]}}';

  it.each([
    [
      "$.structuredContent.users[*].email",
      '{"structuredContent":{"users":[{"name":"Ada","email":"[masked]"},{"email":"[masked]","age":41}]}}',
      2,
    ],
    ["$..email", '{"structuredContent":{"users":[{"name":"Ada","email":"[masked]"},{"email":"[masked]","age":41}]}}', 2],
    [
      "$.structuredContent.users[1].age",
      '{"structuredContent":{"users":[{"name":"Ada","email":"ada@example.com"},{"email":"bo@example.com","age":"[masked]"}]}}',
      1,
    ],
    ['$["structuredContent"]["users"]', '{"structuredContent":{"users":"[masked]"}}', 1],
    [
      "$.structuredContent.users[0].*",
      '{"structuredContent":{"users":[{"name":"[masked]","email":"[masked]"},{"email":"bo@example.com","age":41}]}}',
      2,
    ],
    [
      '$.*.users[*]["name"]',
      '{"structuredContent":{"users":[{"name":"[masked]","email":"ada@example.com"},{"email":"bo@example.com","age":41}]}}',
      1,
    ],
    ["$.structuredContent.nobody", USERS, 0],
  ])("%s names values of the result", async (path, masked, times) => {
    const done = maskedMessage(result(USERS), await masksOf({ path }));
    expect(done.text).toBe(result(masked));
    expect(done.masked.reduce((sum, one) => sum + one.times, 0)).toBe(times);
    expect(done.masked.every(({ by }) => by === path)).toBe(true);
  });

  it("is told without values and indices", async () => {
    const { masked } = maskedMessage(result(USERS), await masksOf({ path: "$..email" }));
    expect(masked).toEqual([{ place: "$.structuredContent.users[*].email", by: "$..email", times: 2 }]);
  });

  it("begins at the error, or at the params", async () => {
    const masks = await masksOf({ path: "$.data.row" });
    expect(maskedMessage('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no","data":{"row":{"a":1}}}}', masks).text).toBe(
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no","data":{"row":"[masked]"}}}',
    );
    expect(
      maskedMessage('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"row":"x"}}}', masks).text,
    ).toBe('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"row":"[masked]"}}}');
  });

  it.each(["users", "$.", "$[", "$[*", "$.a b", "$[-1]", "$..", "$x", "$.a]"])("cannot be %s", async (path) => {
    expect(await compileMasks([maskRule({ path })])).toMatchObject({ ok: false, refusal: { rule: 0, member: "path" } });
  });
});

describe("a text that is JSON", () => {
  it("is masked as what it is, by its own root, by where it lies, and as the structured content that it repeats", async () => {
    const inner = '{ "users": [ {"email": "ada@example.com", "n": 12345678901234567890} ] }';
    const message = result(JSON.stringify({ content: [{ type: "text", text: inner }] }));
    const expected = result(JSON.stringify({ content: [{ type: "text", text: inner.replace('"ada@example.com"', '"[masked]"') }] }));
    for (const path of ["$.users[*].email", "$.structuredContent.users[*].email", "$.content[*].text.users[*].email", "$..email"]) {
      expect(maskedMessage(message, await masksOf({ path })).text).toBe(expected);
    }
    expect(maskedMessage(message, await masksOf({ key: "email" })).masked).toEqual([
      { place: "$.content[*].text.users[*].email", by: "email", times: 1 },
    ]);
  });

  it("is left as it is, escapes and spaces included, if nothing in it is masked", async () => {
    const message = result(String.raw`{"content":[{"type":"text","text":"{ \u0022a\": 1.0,  \"b\":[\t] }"},{"x":"\/\u00e9"}],"n":1e2}`);
    expect(maskedMessage(message, await masksOf({ key: "other" }, { detector: "email" })).text).toBe(message);
  });

  it("is masked in text in text, and whole where texts lie in one another without end", async () => {
    const masks = await masksOf({ key: "secret" });
    let deep = '{"secret":"s3"}';
    for (let i = 0; i < 4; i++) deep = JSON.stringify({ inner: deep });
    expect(maskedMessage(result(deep), masks).text).not.toContain("s3");
    for (let i = 0; i < 8; i++) deep = JSON.stringify([deep]);
    const { text, masked } = maskedMessage(result(deep), masks);
    expect(text).not.toContain("s3");
    expect(masked).toEqual([{ place: expect.stringMatching(/^\$/) as string, by: "too deep", times: 1 }]);
  });

  it("is a text like any other if it only begins like JSON", async () => {
    const message = result('{"t":"{\\"email\\": \\"ada@example.com\\", and so on"}');
    expect(maskedMessage(message, await masksOf({ key: "email" })).text).toBe(message);
    expect(maskedMessage(message, await masksOf({ detector: "email" })).text).toBe(
      result('{"t":"{\\"email\\": \\"[masked]\\", and so on"}'),
    );
  });
});

describe("patterns and detectors", () => {
  it("mask the part that matches, wherever it stands, names of members and numbers included", async () => {
    const masks = await masksOf({ pattern: "[0-9]{3}-[0-9]{2}-[0-9]{4}" }, { detector: "card_number" });
    const { text, masked } = maskedMessage(
      result(
        '{"content":[{"type":"text","text":"of 123-45-6789 and 987-65-4321"}],"by":{"123-45-6789":1,"987-65-4321":2},"card":4242424242424242,"n":123456}',
      ),
      masks,
    );
    expect(text).toBe(
      result(
        '{"content":[{"type":"text","text":"of [masked] and [masked]"}],"by":{"[masked]":1,"[masked 2]":2},"card":"[masked]","n":123456}',
      ),
    );
    expect(masked).toContainEqual({ place: "$.content[*].text", by: "[0-9]{3}-[0-9]{2}-[0-9]{4}", times: 2 });
    expect(masked).toContainEqual({ place: "$.card", by: "card_number", times: 1 });
    expect(JSON.stringify(masked)).not.toContain("6789");
  });

  it("hold with a path or key only where those do, within what they name as well", async () => {
    const message = result('{"a":{"note":"tel 12345","deep":["12345"]},"b":{"note":"12345"},"note":12345}');
    expect(maskedMessage(message, await masksOf({ path: "$.a", pattern: "[0-9]{5}" })).text).toBe(
      result('{"a":{"note":"tel [masked]","deep":["[masked]"]},"b":{"note":"12345"},"note":12345}'),
    );
    expect(maskedMessage(message, await masksOf({ key: "note", pattern: "[0-9]{5}" })).text).toBe(
      result('{"a":{"note":"tel [masked]","deep":["12345"]},"b":{"note":"[masked]"},"note":"[masked]"}'),
    );
    expect(maskedMessage(message, await masksOf({ path: "$.b", key: "note" })).text).toBe(
      result('{"a":{"note":"tel 12345","deep":["12345"]},"b":{"note":"[masked]"},"note":12345}'),
    );
    const both = await masksOf({ pattern: "example", detector: "email" });
    expect(maskedMessage(result('{"t":"example of bo@other.org and ada@example.com"}'), both).text).toBe(
      result('{"t":"example of bo@other.org and [masked]"}'),
    );
  });

  it("leave alone what the other side has to find again, unless a path or key says so", async () => {
    const masks = await masksOf({ pattern: "[0-9]+" });
    const progress =
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t1","progress":5,"total":10,"message":"row [masked]"}}';
    expect(maskedMessage(progress.replace("[masked]", "42"), masks).text).toBe(progress);
    expect(maskedMessage(result('{"nextCursor":"c1","a":1}'), masks).text).toBe(result('{"nextCursor":"c1","a":"[masked]"}'));
    expect(maskedMessage(result('{"nextCursor":"c1"}'), await masksOf({ key: "nextCursor" })).text).toBe(
      result('{"nextCursor":"[masked]"}'),
    );
  });

  it("mask what only another mask uncovers, and nothing twice", async () => {
    const masks = await masksOf({ pattern: "[0-9]+" }, { pattern: "x[^0-9]*y" }, { pattern: "[a-z]{6}" });
    const once = maskedMessage(result('{"t":"x1y, masked"}'), masks);
    expect(once.text).toBe(result('{"t":"[masked], [masked]"}'));
    expect(maskedMessage(once.text, masks)).toEqual({ text: once.text, masked: [] });
  });

  it.each([
    ["pattern", { pattern: "(" }],
    ["pattern", { pattern: "(?=x)" }],
    ["pattern", { pattern: "(a)\\1" }],
    ["detector", { detector: "nothing" }],
    ["path", {}],
  ])("cannot be what they are not (%s)", async (member, rule) => {
    expect(await compileMasks([maskRule({ key: "fine" }), maskRule(rule)])).toMatchObject({ ok: false, refusal: { rule: 1, member } });
  });
});

describe("the server's own credential", () => {
  const SECRET = 'pä/s+s"w\\ord%20€17';
  const escaped = (secret: string): string => JSON.stringify(secret).slice(1, -1);
  const spellings: Record<string, (secret: string) => string> = {
    "as it is": (secret) => secret,
    "escaped for JSON": escaped,
    "escaped twice": (secret) => escaped(escaped(secret)),
    "with slashes escaped": (secret) => escaped(secret).replaceAll("/", "\\/"),
    "in code points": (secret) => Array.from(secret, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
    "percent-encoded": encodeURIComponent,
    "percent-encoded in every byte": (secret) => Array.from(utf8(secret), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
    "in base64": (secret) => b64(utf8(secret)),
    "in base64url": (secret) => b64u(utf8(secret)),
    "in base64 behind one more byte": (secret) => b64(utf8(`:${secret}:`)),
    "in base64 behind two more": (secret) => b64(utf8(`u:${secret}, and more`)),
    "in base64 that is percent-encoded": (secret) => encodeURIComponent(b64(utf8(`user:${secret}`))),
  };
  const forms = [SECRET, "tok-8d7f/6g5h4j"].flatMap((secret) =>
    Object.entries(spellings).map(([how, spell]) => [how, secret, spell(secret)] as const),
  );

  it.each(forms)("is masked %s (%s), in texts and names, without any rule", (_, secret, spelled) => {
    const { text, masked } = maskedMessage(
      result(JSON.stringify({ t: `before ${spelled} after`, [spelled]: 1, list: [spelled] })),
      NO_MASKS,
      [secret],
    );
    const value = (JSON.parse(text) as { result: object }).result;
    // Of base64, what stands for more than the credential stays.
    const AROUND = String.raw`[\w%=]{0,20}\[masked\][\w%=]{0,24}`;
    expect(Object.keys(value)).toContainEqual(expect.stringMatching(new RegExp(`^${AROUND}$`)));
    expect(value).toMatchObject({ t: expect.stringMatching(new RegExp(`^before ${AROUND} after$`)) as string });
    expect(text).not.toContain(spelled);
    expect(masked).toContainEqual({ place: "$.t", by: "credential", times: 1 });
  });

  it("is the token of a header as well, and the password within Basic", () => {
    const secrets = ["Bearer tok-8d7f6g5h4j", `Basic ${b64(utf8("svc:hunter22-long"))}`];
    const { text } = maskedMessage(result('{"a":"tok-8d7f6g5h4j","b":"its hunter22-long","c":"svc:hunter22-long"}'), NO_MASKS, secrets);
    expect(text).toBe(result('{"a":"[masked]","b":"its [masked]","c":"[masked]"}'));
  });

  it("refuses the message if it stands where nothing can be changed", () => {
    const message = '{"jsonrpc":"2.0","id":"tok-8d7f6g5h4j","method":"ping"}';
    expect(maskAnswer(message, NO_MASKS, credentialsOf(["tok-8d7f6g5h4j"]))).toEqual({ ok: false, refusal: "credential-in-frame" });
  });

  it("is masked in members that no version of the protocol knows", async () => {
    const message = '{"jsonrpc":"2.0","id":1,"result":{},"debug":{"headers":["Bearer tok-8d7f6g5h4j"],"email":"x"}}';
    const { text, masked } = maskedMessage(message, await masksOf({ key: "email" }), ["tok-8d7f6g5h4j"]);
    expect(text).toBe('{"jsonrpc":"2.0","id":1,"result":{},"debug":{"headers":["Bearer [masked]"],"email":"[masked]"}}');
    expect(masked.map(({ place }) => place)).toEqual(["message.*.headers[*]", "message.*.email"]);
  });
});

describe("a message", () => {
  it.each([
    "",
    "{",
    "[1]",
    "1",
    '{"a":1,}',
    '{"a":01}',
    "{'a':1}",
    '{"a":"\u0001"}',
    '{"a":"\\x"}',
    '{"a" 1}',
    '{"a":1}}',
    '{"a":tru}',
    '{"a":[1 2]}',
    '{"a":NaN}',
  ])("that is not one is refused: %s", async (text) => {
    expect(maskAnswer(text, await masksOf({ key: "x" }), NOTHING).ok).toBe(false);
  });

  it("keeps big numbers, spaces, order and doubled members where nothing is masked", async () => {
    const message =
      '\n{ "id" : 12345678901234567890123 , "result":{"b":-0.0,"a":1E+400,"b":[ ],"c":{ } ,"d":null,"secret":[1,{"x":"y"}]}, "jsonrpc":"2.0"}\r\n';
    expect(maskedMessage(message, await masksOf({ key: "secret" })).text).toBe(message.replace('[1,{"x":"y"}]', '"[masked]"'));
  });

  it("may be nested as deeply as it likes", async () => {
    const depth = 200_000;
    const message = result(`${"[".repeat(depth)}{"secret":1}${"]".repeat(depth)}`);
    const { text, masked } = maskedMessage(message, await masksOf({ key: "secret" }));
    expect(text).toBe(message.replace('"secret":1', '"secret":"[masked]"'));
    expect(masked[0]?.place.length).toBeLessThan(200);
  });

  it("is not even read where nothing is masked and no credential is in it", () => {
    const work = { steps: 0 };
    const text = result(JSON.stringify({ content: Array.from({ length: 1_000 }, (_, i) => ({ type: "text", text: `line ${i}\n` })) }));
    expect(maskAnswer(text, NO_MASKS, credentialsOf(["tok-8d7f6g5h4j"]), work)).toEqual({ ok: true, value: { text, masked: [] } });
    expect(work.steps).toBe(0);
  });

  it("tells of no more places than anybody reads, and counts the rest", async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}`, { secret: i }]));
    const { masked } = maskedMessage(result(JSON.stringify(many)), await masksOf({ key: "secret" }));
    expect(masked).toHaveLength(101);
    expect(masked.at(-1)).toEqual({ place: "…", by: "…", times: 400 });
  });
});

describe("what is kept of a call", () => {
  it("is masked from its own root", async () => {
    const masks = await masksOf({ path: "$.to" }, { detector: "iban" });
    expect(maskDocument('{"to":["a"],"n":1.50,"iban":"DE89370400440532013000"}', masks, NOTHING)).toEqual({
      ok: true,
      value: {
        text: '{"to":"[masked]","n":1.50,"iban":"[masked]"}',
        masked: [
          { place: "$.to", by: "$.to", times: 1 },
          { place: "$.iban", by: "iban", times: 1 },
        ],
      },
    });
    expect(maskValue({ to: 1, b: [true, null] }, masks, NOTHING)).toEqual({
      value: { to: "[masked]", b: [true, null] },
      masked: [{ place: "$.to", by: "$.to", times: 1 }],
    });
  });
});
