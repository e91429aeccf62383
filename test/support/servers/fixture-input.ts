/** The tools of the conformance scenarios that end a round with what they ask the client for (2026-07-28: `input_required`). */
import { type FixtureCall, type FixtureTool, type Members, said } from "./fixture-call.ts";

/** The result that asks the client for something. */
export const asked = (inputRequests: Members, requestState?: string): Members => ({
  resultType: "input_required",
  inputRequests,
  ...(requestState !== undefined && { requestState }),
});

const form = (message: string, name: string, type = "string") => ({
  method: "elicitation/create",
  params: { message, requestedSchema: { type: "object", properties: { [name]: { type } }, required: [name] } },
});
const sample = (prompt: string, maxTokens: number) => ({
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text: prompt } }], maxTokens },
});
const ROOTS = { method: "roots/list", params: {} };

const isMembers = (value: unknown): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);

/** What the client has put into a form; undefined where it did not. */
export function filledIn(responses: Members | undefined, name: string): Members | undefined {
  const response = responses?.[name];
  return isMembers(response) && response["action"] === "accept" && isMembers(response["content"]) ? response["content"] : undefined;
}

const answered = ({ responses }: FixtureCall, name: string): boolean => isMembers(responses?.[name]);

const tool = (description: string, call: FixtureTool["call"]): FixtureTool => ({ description, call });

export const INPUT_TOOLS: Readonly<Record<string, FixtureTool>> = {
  test_streaming_elicitation: tool("Asks for a form in a stream.", () => asked({ answer: form("Please answer", "answer") })),
  test_input_required_result_elicitation: tool("Asks who it is.", ({ responses }) => {
    const name = filledIn(responses, "user_name")?.["name"];
    return typeof name === "string" ? said(`Hello, ${name}!`) : asked({ user_name: form("What is your name?", "name") });
  }),
  test_input_required_result_sampling: tool("Asks the client's model.", (call) =>
    answered(call, "capital_question")
      ? said(`The model says: ${JSON.stringify(call.responses?.["capital_question"])}`)
      : asked({ capital_question: sample("What is the capital of France?", 100) }),
  ),
  test_input_required_result_list_roots: tool("Asks for folders.", (call) =>
    answered(call, "client_roots") ? said(`Folders: ${JSON.stringify(call.responses?.["client_roots"])}`) : asked({ client_roots: ROOTS }),
  ),
  test_input_required_result_request_state: tool("Comes back with its state.", async ({ responses, state, seal }) =>
    filledIn(responses, "confirm") !== undefined && state !== undefined
      ? said("state-ok")
      : asked({ confirm: form("Please confirm", "ok", "boolean") }, await seal({ round: 1 })),
  ),
  test_input_required_result_tampered_state: tool("Takes no other state than its own.", async ({ responses, state, seal }) =>
    filledIn(responses, "confirm") !== undefined && state !== undefined
      ? said("state-ok")
      : asked({ confirm: form("Please confirm", "ok", "boolean") }, await seal({ round: 1 })),
  ),
  test_input_required_result_multiple_inputs: tool("Asks for three things.", async (call) =>
    ["user_name", "greeting", "client_roots"].every((name) => answered(call, name))
      ? said("All there.")
      : asked(
          { user_name: form("What is your name?", "name"), greeting: sample("Generate a greeting", 50), client_roots: ROOTS },
          await call.seal({ round: 1 }),
        ),
  ),
  test_input_required_result_multi_round: tool("Asks twice.", async ({ responses, seal }) => {
    if (filledIn(responses, "step2") !== undefined) return said("Both rounds done.");
    return filledIn(responses, "step1") === undefined
      ? asked({ step1: form("Step 1: What is your name?", "name") }, await seal({ round: 1 }))
      : asked({ step2: form("Step 2: What is your favorite color?", "color") }, await seal({ round: 2 }));
  }),
  test_input_required_result_capabilities: tool("Asks only for what the client can do.", ({ capabilities = {} }) => {
    const wanted = {
      ...("sampling" in capabilities && { sampled: sample("Say hello", 20) }),
      ...("elicitation" in capabilities && { form: form("Hello?", "answer") }),
    };
    return Object.keys(wanted).length > 0 ? asked(wanted) : said("Nothing to ask for.");
  }),
};
