/** The prompts, resources and completions that the official conformance scenarios ask a server for. */
import type { Members } from "./fixture-call.ts";
import { asked, filledIn } from "./fixture-input.ts";
import { PIXEL } from "./fixture-tools.ts";

const user = (content: Members) => ({ role: "user", content });
const text = (said: string) => user({ type: "text", text: said });

interface FixturePrompt {
  description: string;
  arguments?: { name: string; description: string; required: boolean }[];
  get: (args: Members, responses: Members | undefined) => Members;
}

const wanted = (name: string) => ({ name, description: `The ${name}`, required: true });

export const PROMPTS: Readonly<Record<string, FixturePrompt>> = {
  test_simple_prompt: { description: "One message.", get: () => ({ messages: [text("This is a simple prompt for testing.")] }) },
  test_prompt_with_arguments: {
    description: "Two arguments.",
    arguments: [wanted("arg1"), wanted("arg2")],
    get: ({ arg1, arg2 }) => ({ messages: [text(`Prompt with arguments: arg1='${String(arg1)}', arg2='${String(arg2)}'`)] }),
  },
  test_prompt_with_embedded_resource: {
    description: "A resource in a message.",
    arguments: [wanted("resourceUri")],
    get: ({ resourceUri }) => ({
      messages: [
        user({ type: "resource", resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." } }),
        text("Please process the embedded resource above."),
      ],
    }),
  },
  test_prompt_with_image: {
    description: "An image in a message.",
    get: () => ({ messages: [user({ type: "image", data: PIXEL, mimeType: "image/png" }), text("Please analyze the image above.")] }),
  },
  test_input_required_result_prompt: {
    description: "Asks for its context.",
    get(_, responses) {
      const context = filledIn(responses, "user_context")?.["context"];
      if (typeof context === "string") return { messages: [text(`In this context: ${context}`)] };
      const requestedSchema = { type: "object", properties: { context: { type: "string" } }, required: ["context"] };
      const params = { message: "What context should the prompt use?", requestedSchema };
      return asked({ user_context: { method: "elicitation/create", params } });
    },
  },
};

export const promptList = Object.entries(PROMPTS).map(([name, { get: _, ...prompt }]) => ({ name, ...prompt }));

const RESOURCES: Readonly<Record<string, { mimeType: string; text?: string; blob?: string }>> = {
  "test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
  "test://static-binary": { mimeType: "image/png", blob: PIXEL },
  "test://watched-resource": { mimeType: "text/plain", text: "Watched resource content." },
};

export const resourceList = Object.entries(RESOURCES).map(([uri, { mimeType }]) => ({
  uri,
  name: uri.replace("test://", ""),
  description: "For the scenarios.",
  mimeType,
}));

export const templateList = [
  { uriTemplate: "test://template/{id}/data", name: "template", description: "For the scenarios.", mimeType: "application/json" },
];

/** Null where there is no such resource. */
export function readResource(uri: string): Members | null {
  const found = RESOURCES[uri];
  if (found !== undefined) return { contents: [{ uri, ...found }] };
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) return null;
  const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { contents: [{ uri, mimeType: "application/json", text: data }] };
}

export const COMPLETION = { completion: { values: ["paris", "park", "party"], total: 3, hasMore: false } };
