/** The plugin of opencode, which has no hooks that are commands: it starts the hook before each call, and throws unless that says yes. */
export const OPENCODE_PLUGIN = `import { spawn } from "node:child_process";

const ARGUMENTS = ["hook", "opencode", "--pass", "read,grep,glob,list"];

/** Runs the hook to its end. */
const hook = (told) =>
  new Promise((resolve) => {
    const child = spawn("countersign", ARGUMENTS, { stdio: ["pipe", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part) => (stdout += part));
    child.stderr.on("data", (part) => (stderr += part));
    child.on("error", (error) => resolve({ exitCode: null, stdout, stderr: error.message }));
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(told));
  });

const answerOf = ({ exitCode, stdout }) => {
  try {
    return exitCode === 0 ? JSON.parse(stdout) : null;
  } catch {
    return null;
  }
};

export const CountersignPlugin = async ({ directory }) => {
  const call = (event, { tool, sessionID, callID }, args) => ({
    hook_event_name: event,
    session_id: sessionID,
    call_id: callID,
    tool,
    args: args ?? {},
    cwd: directory,
  });
  return {
    "tool.execute.before": async (input, output) => {
      const ended = await hook(call("tool.execute.before", input, output.args));
      const answer = answerOf(ended);
      if (answer?.decision === "allow") return;
      const what = ended.stderr.trim() || "It gave no answer.";
      throw new Error(answer?.reason ?? \`Blocked because Countersign's hook failed; no person has declined it. \${what}\`);
    },
    "tool.execute.after": async (input) => {
      await hook(call("tool.execute.after", input, input.args));
    },
  };
};
`;
