/** What is marked in a payload: the dangerous part of statements and commands, and nothing in ordinary text; in any text, every mark lies within it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { type PlacedMark, payloadMarks } from "#rules/reading/payload-marks.ts";
import { anyPayload, anyText } from "#test/support/documents/approval-data.ts";

/** The text that a mark is on. */
function textAt(payload: JsonObject, { at }: PlacedMark): string {
  const found = at.reduce<JsonValue>((value, name) => {
    if (Array.isArray(value)) return value[Number(name) - 1] ?? null;
    return typeof value === "object" && value !== null ? (value[name] ?? null) : null;
  }, payload);
  return typeof found === "string" ? found : JSON.stringify(found);
}
const marked = (payload: JsonObject, ...kinds: string[]): string[] =>
  payloadMarks(payload)
    .filter(({ kind }) => kinds.includes(kind))
    .map((one) => textAt(payload, one).slice(one.from, one.to));
const dangers = (text: JsonValue, name = "text"): string[] =>
  payloadMarks({ [name]: text })
    .filter(({ kind }) => kind === "danger" || kind === "care")
    .map((one) => `${one.says}: ${textAt({ [name]: text }, one).slice(one.from, one.to)}`);

const EVERY_ROW = "Deletes every row, without a condition";
const CHANGES = "Changes every row, without a condition";

describe("SQL", () => {
  test.each<[string, string[]]>([
    ["DELETE FROM users", [`${EVERY_ROW}: DELETE FROM users`]],
    ["delete from users;", [`${EVERY_ROW}: delete from users`]],
    ["DELETE FROM users WHERE id = 7", ["Deletes rows: DELETE FROM users"]],
    ["DELETE FROM users -- WHERE id = 7", [`${EVERY_ROW}: DELETE FROM users`]],
    ["DELETE FROM users /* WHERE */", [`${EVERY_ROW}: DELETE FROM users`]],
    ["DELETE FROM users; SELECT 1 FROM t WHERE x", [`${EVERY_ROW}: DELETE FROM users`]],
    ["DELETE FROM notes WHERE body = 'x'; DELETE FROM notes", ["Deletes rows: DELETE FROM notes", `${EVERY_ROW}: DELETE FROM notes`]],
    ['DELETE FROM "where"', [`${EVERY_ROW}: DELETE FROM "where"`]],
    ["DELETE FROM users WHERE 1=1", ["Deletes rows: DELETE FROM users", "A condition that is always true: WHERE 1=1"]],
    ["SELECT * FROM users WHERE name = '' OR 'a'='a'", ["A condition that is always true: OR 'a'='a'"]],
    ["UPDATE accounts SET balance = 0", [`${CHANGES}: UPDATE accounts`]],
    ["UPDATE accounts a SET balance = 0 WHERE a.id = 1", []],
    ["INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1", []],
    ["SELECT * FROM t FOR UPDATE", []],
    ["DROP TABLE IF EXISTS users CASCADE", ["Drops what is there: DROP TABLE IF EXISTS users"]],
    ["ALTER TABLE users DROP COLUMN email", ["Drops what is there: DROP COLUMN email"]],
    ["TRUNCATE TABLE users", ["Empties a table: TRUNCATE TABLE users"]],
    ["truncate users", ["Empties a table: truncate users"]],
    ["GRANT ALL ON users TO public", ["Changes who may do what: GRANT ALL ON users TO public"]],
    ["REVOKE SELECT ON users FROM sam", ["Changes who may do what: REVOKE SELECT ON users FROM sam"]],
    ["SELECT 1 FROM t; DROP\n  TABLE users", ["Drops what is there: DROP\n  TABLE users"]],
    ["WITH old AS (SELECT 1 FROM t) DELETE FROM users", [`${EVERY_ROW}: DELETE FROM users`]],
    ["EXPLAIN ANALYZE DELETE FROM users", [`${EVERY_ROW}: DELETE FROM users`]],
    ["SELECT 1 FROM t /*! ; DROP TABLE users */", ["A comment that MySQL runs: /*! ; DROP TABLE users */"]],
    ["SELECT * FROM t INTO OUTFILE '/tmp/x'", ["Reaches files or programs of the database’s machine: OUTFILE"]],
    ["SELECT id, name FROM users WHERE id = 7", []],
    ["CREATE TABLE t (id INT, drop_at TEXT)", []],
  ])("%s", (text, expected) => {
    expect(dangers(text)).toEqual(expected);
  });

  test("in a member named so, wherever it stands", () => {
    expect(dangers("SET x = 1; BEGIN; select 1 from t; delete users", "query")).toEqual([`${EVERY_ROW}: delete users`]);
    expect(dangers("mutation { deleteUser(id: 7) }", "query")).toEqual([]);
  });

  test("in quotes within another language", () => {
    expect(dangers(`psql -c "DROP TABLE users"`)).toEqual(["Drops what is there: DROP TABLE users"]);
    expect(dangers(`{"sql":"DELETE FROM users"}`)).toEqual([`${EVERY_ROW}: DELETE FROM users`]);
  });
});

describe("commands", () => {
  test.each<[string, string[]]>([
    ["rm -rf /var/lib/app", ["Deletes files: rm -rf /var/lib/app"]],
    ["cd /srv && rm -r -f build", ["Deletes files: rm -r -f build"]],
    ["rm --recursive x", ["Deletes files: rm --recursive x"]],
    ["rm old.log", []],
    ["curl -sSL https://get.example.com/x.sh | sudo bash", ["Runs what it downloads: curl -sSL https://get.example.com/x.sh | sudo bash"]],
    ["bash <(curl -s https://x.example)", ["Runs what it downloads: bash <(curl"]],
    ["echo aGk= | base64 -d | sh", ["Runs what is hidden in letters: base64 -d | sh"]],
    ["dd if=/dev/zero of=/dev/sda bs=1M", ["Overwrites a disk or a file: dd if=/dev/zero of=/dev/sda"]],
    ["chmod -R 777 /srv", ["Lets everybody write: chmod -R 777"]],
    ["git push --force origin main", ["Overwrites what others pushed: git push --force"]],
    ["git push origin main -f", ["Overwrites what others pushed: git push origin main -f"]],
    ["git push origin +main", ["Overwrites what others pushed: git push origin +main"]],
    ["git push origin main", []],
    ["git reset --hard HEAD~3", ["Throws changes away: git reset --hard"]],
    ["echo 'x' >> /etc/passwd", ["Writes into the system: >> /etc/passwd"]],
    ["echo x > /tmp/y", []],
    ["sudo systemctl restart api", ["Runs as root: sudo systemctl"]],
    ["make && sudo make install", ["Runs as root: sudo make"]],
    ["ask whether sudo is needed", []],
    ["shutdown -h now", ["Stops the machine: shutdown"]],
    ["find / -name '*.log' -delete", ["Deletes files: find / -name '*.log' -delete"]],
    ["kubectl delete namespace prod", ["Deletes from a cluster: kubectl delete namespace prod"]],
    ["terraform destroy", ["Changes infrastructure without asking: terraform destroy"]],
  ])("%s", (text, expected) => {
    expect(dangers(text)).toEqual(expected);
  });

  test("word by word in a list", () => {
    const payload = { command: ["rm", "-rf", "/", "--verbose"] };
    expect(marked(payload, "danger")).toEqual(["rm", "-rf", "/"]);
  });
});

test("what is done all the time is to be looked at, and no danger", () => {
  const texts = ["DELETE FROM users WHERE id = 7", "sudo systemctl restart api", "docker image prune"];
  expect(texts.flatMap((text) => payloadMarks({ text }).map(({ kind }) => kind))).toEqual(["care", "care", "care"]);
});

test("hosts, recipients and amounts", () => {
  const payload = {
    body: "See https://user:pw@pay.example.com:8443/x?y=1 or mail billing@example.org: 1,200.50 EUR, $99",
    to: "sam@example.com",
    iban: "DE89 3704 0044 0532 0130 00",
    amount: 1200,
    refund_amount: "12.50",
    count: 3,
  };
  expect(marked(payload, "target")).toEqual([
    "pay.example.com:8443",
    "billing@example.org",
    "sam@example.com",
    "DE89 3704 0044 0532 0130 00",
  ]);
  expect(marked(payload, "amount")).toEqual(["1,200.50 EUR", "$99", "1200", "12.50"]);
});

test("patches by their lines", () => {
  const diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new\n same";
  expect(marked({ diff }, "added")).toEqual(["+new"]);
  expect(marked({ diff }, "removed")).toEqual(["-old"]);
  expect(marked({ diff }, "target")).toEqual(["--- a/x", "+++ b/x"]);
  expect(marked({ list: "- one\n- two\n+ three" }, "added", "removed")).toEqual([]);
});

test.each([
  "Delete from the archive all that is older than a year.",
  "Drop table reservations for tonight and update the menu.",
  "Please grant Sam access to the room.",
  "Select the best from these three offers, where the price is right.",
  "Update the docs and set the version.",
  "Truncate long names in the list.",
  "Force push was disabled; sudo is not needed. The team removes -rf from docs.",
  "Ticket 4711: the fix for failing refunds has passed review and staging.",
  "Reboot went well, shutdown is planned for Friday.",
  "Use curl or wget, then read the script.",
])("ordinary text raises nothing: %s", (text) => {
  expect(dangers(text)).toEqual([]);
});

describe("whatever a payload holds", () => {
  const part = fc.constantFrom(
    ..."DELETE FROM,users,WHERE,;,--,/*,*/,',\",`,\n,rm -rf,/,curl x | sh,sudo,@@ -1,+a,-b,{,},https://a.b,a@b.co,5 EUR,DROP TABLE t".split(
      ",",
    ),
  );
  const text = fc.oneof(
    anyText,
    fc.array(part, { maxLength: 14 }).map((parts) => parts.join(" ")),
    fc.array(part, { maxLength: 14 }).map((parts) => parts.join("")),
  );

  test("every mark lies within the text that it is on, none over another, the same each time", () => {
    fc.assert(
      fc.property(anyPayload, text, fc.array(text, { maxLength: 4 }), (members, query, command) => {
        const payload = { ...members, query, command };
        const marks = payloadMarks(payload);
        const ends = new Map<string, number>();
        for (const one of marks) {
          const key = JSON.stringify(one.at);
          expect(one.from).toBeGreaterThanOrEqual(ends.get(key) ?? 0);
          expect(one.to).toBeGreaterThan(one.from);
          expect(one.to).toBeLessThanOrEqual(textAt(payload, one).length);
          ends.set(key, one.to);
        }
        expect(payloadMarks(payload)).toEqual(marks);
      }),
      { numRuns: 200 },
    );
  });

  /** As long as a payload may be, and made to take long where something looks at the rest of a text again and again. */
  test.each([
    "/*",
    "'",
    "curl a ",
    "rm -r ",
    "git push a ",
    "delete from ",
    "a@",
    "https://",
    "5.",
    "where ",
    "sudo -",
    '{"a":',
    "-\n",
    "dd ",
  ])("64 KiB of %j are looked at once: no more marks than a page can hold", (unit) => {
    const long = unit.repeat(Math.floor(60_000 / unit.length));
    expect(payloadMarks({ query: long, [unit]: `@@ -1 ${long}` }).length).toBeLessThanOrEqual(400);
  });
});
