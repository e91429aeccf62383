import { expect, it } from "vitest";
import { withStringAt } from "#rules/calls/run/string-at.ts";

it.each([
  [
    "where the path leads",
    '{ "result":{"taskId":"a", "n":12345678901234567890 } }',
    '{ "result":{"taskId":"b\\"", "n":12345678901234567890 } }',
  ],
  ["each time", '{"result":{"taskId":"a","taskId":"\\u0061"}}', '{"result":{"taskId":"b\\"","taskId":"b\\""}}'],
  ["under an escaped name", '{"result":{"task\\u0049d":"a"}}', '{"result":{"task\\u0049d":"b\\""}}'],
  ["nowhere else", '{"result":{"task":{"taskId":"a"}},"taskId":"a"}', '{"result":{"task":{"taskId":"a"}},"taskId":"a"}'],
  ["for no number", '{"result":{"taskId":1}}', '{"result":{"taskId":1}}'],
  ["in no list", '[{"taskId":"a"}]', '[{"taskId":"a"}]'],
  ["in nothing that is no JSON", '{"result":{"taskId":"a"}', '{"result":{"taskId":"a"}'],
])("a string is put %s", (_, text, expected) => {
  expect(withStringAt(text, ["result", "taskId"], 'b"')).toBe(expected);
});
