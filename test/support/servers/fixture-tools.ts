/**
 * The tools that the official conformance scenarios ask a server for: one table for both eras. What a tool does in the middle of a call it
 * does by `FixtureCall`, which each era makes in its own way.
 */
import { setTimeout as wait } from "node:timers/promises";
import { type FixtureTool, type Members, said } from "./fixture-call.ts";
import { asked, INPUT_TOOLS } from "./fixture-input.ts";

/** One red pixel, and one sample of silence. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==";

const image = { type: "image", data: PIXEL, mimeType: "image/png" };
const embedded = (uri: string, mimeType: string, text: string) => ({ type: "resource", resource: { uri, mimeType, text } });

const answers = (description: string, ...content: Members[]): FixtureTool => ({ description, call: () => ({ content }) });

const PAUSE_MS = 50;

/** Asks the client for a form, and says what it answered. */
const elicits = (description: string, requestedSchema: Members, inputSchema?: Members): FixtureTool => ({
  description,
  ...(inputSchema && { inputSchema }),
  async call({ ask, args }) {
    if (ask === null) return asked({ form: { method: "elicitation/create", params: { message: "Please fill in", requestedSchema } } });
    const { action, content } = await ask("elicitation/create", { message: args["message"] ?? "Please fill in", requestedSchema });
    return said(`Elicitation completed: action=${String(action)}, content=${JSON.stringify(content ?? {})}`);
  },
});

const object = (properties: Members, required: readonly string[] = []) => ({ type: "object", properties, required });
const text = { type: "string" };
const choices = (prefix: string, titles: readonly string[]) => titles.map((title, at) => ({ const: `${prefix}${at + 1}`, title }));
const OPTIONS = ["option1", "option2", "option3"];

/** What the scenario of JSON Schema 2020-12 looks for in a list of tools. */
const WHOLE_VOCABULARY = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: { address: { $anchor: "addressDef", type: "object", properties: { street: text, city: text } } },
  properties: {
    name: text,
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: text,
    email: text,
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

export const TOOLS: Readonly<Record<string, FixtureTool>> = {
  test_simple_text: answers("Text.", { type: "text", text: "This is a simple text response for testing." }),
  test_image_content: answers("An image.", image),
  test_audio_content: answers("A sound.", { type: "audio", data: SILENCE, mimeType: "audio/wav" }),
  test_embedded_resource: answers(
    "A resource in a result.",
    embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."),
  ),
  test_multiple_content_types: answers(
    "Several kinds of content.",
    { type: "text", text: "Multiple content types test:" },
    image,
    embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
  ),
  test_error_handling: {
    description: "Fails.",
    call: () => ({ ...said("This tool intentionally returns an error for testing"), isError: true }),
  },
  test_tool_with_logging: {
    description: "Logs what it does.",
    async call({ tell, logs }) {
      for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
        if (logs) await tell("notifications/message", { level: "info", data });
        await wait(PAUSE_MS);
      }
      return said("Logged.");
    },
  },
  test_logging_tool: {
    description: "Logs where that is wanted.",
    async call({ tell, logs }) {
      if (logs) await tell("notifications/message", { level: "info", data: "Wanted" });
      return said("Done.");
    },
  },
  log_aside: {
    description: "Logs something that has nothing to do with it.",
    async call({ logAside }) {
      await logAside("Aside");
      return said("Done.");
    },
  },
  test_tool_with_progress: {
    description: "Says how far it is.",
    async call({ tell, progressToken }) {
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) await tell("notifications/progress", { progressToken, progress, total: 100 });
        await wait(PAUSE_MS);
      }
      return said("Done.");
    },
  },
  test_reconnection: {
    description: "Ends its stream before it answers.",
    async call({ closeStream }) {
      closeStream();
      await wait(2 * PAUSE_MS);
      return said("Reconnected.");
    },
  },
  test_sampling: {
    description: "Asks the client's model.",
    inputSchema: object({ prompt: text }, ["prompt"]),
    async call({ ask, args }) {
      const messages = [{ role: "user", content: { type: "text", text: args["prompt"] } }];
      if (ask === null) return asked({ answer: { method: "sampling/createMessage", params: { messages, maxTokens: 100 } } });
      const { content } = await ask("sampling/createMessage", { messages, maxTokens: 100 });
      return said(`LLM response: ${JSON.stringify(content)}`);
    },
  },
  test_elicitation: elicits(
    "Asks the user.",
    object({ username: text, email: text }, ["username", "email"]),
    object({ message: text }, ["message"]),
  ),
  test_elicitation_sep1034_defaults: elicits(
    "Asks the user, with defaults.",
    object({
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    }),
  ),
  test_elicitation_sep1330_enums: elicits(
    "Asks the user to choose.",
    object({
      untitledSingle: { type: "string", enum: OPTIONS },
      titledSingle: { type: "string", oneOf: choices("value", ["First Option", "Second Option", "Third Option"]) },
      legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
      untitledMulti: { type: "array", items: { type: "string", enum: OPTIONS } },
      titledMulti: { type: "array", items: { anyOf: choices("value", ["First Choice", "Second Choice", "Third Choice"]) } },
    }),
  ),
  test_url_elicitation: {
    description: "Sends the user to a page.",
    async call({ ask }) {
      const params = { mode: "url", message: "Please sign in", url: "https://example.com/sign-in", elicitationId: "sign-in-1" };
      if (ask === null) return asked({ page: { method: "elicitation/create", params } });
      const { action } = await ask("elicitation/create", params);
      return said(`Sent to a page: ${String(action)}`);
    },
  },
  json_schema_2020_12_tool: { ...answers("Has a schema of many words.", { type: "text", text: "Fits." }), inputSchema: WHOLE_VOCABULARY },
  test_custom_headers: {
    ...answers("Is routed by what it is asked.", { type: "text", text: "Routed." }),
    inputSchema: object({ region: { ...text, "x-mcp-header": "Region" } }, ["region"]),
  },
  test_trigger_tool_change: {
    description: "Changes the list of tools.",
    call({ changed }) {
      changed("tools");
      return said("Changed.");
    },
  },
  test_trigger_prompt_change: {
    description: "Changes the list of prompts.",
    call({ changed }) {
      changed("prompts");
      return said("Changed.");
    },
  },
  test_missing_capability: {
    description: "Needs sampling.",
    call: ({ capabilities, needs }) => (capabilities?.["sampling"] === undefined ? needs("sampling") : said("Sampled.")),
  },
  ...INPUT_TOOLS,
};
