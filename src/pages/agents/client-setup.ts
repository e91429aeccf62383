/** How clients are told of the gate's MCP server, each in its own form. The key is in none: they read it from the environment, or ask. */
import { agentsTexts } from "#texts/agents.ts";

/** The environment variable that these forms read the key from. */
export const KEY_VARIABLE = "COUNTERSIGN_API_KEY";

export interface ClientSetup {
  /** Of the element with the text. */
  id: string;
  name: string;
  note: string;
  /** Null where the client cannot be connected. */
  text: string | null;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** `url`: of the MCP server. */
export function clientSetups(url: string): ClientSetup[] {
  const { notes } = agentsTexts.one.connect;
  const header = (key: string) => ({ "X-Api-Key": key });
  return [
    {
      id: "for-claude-code",
      name: "Claude Code",
      note: notes.claudeCode,
      text: `claude mcp add --transport http countersign ${url} --header "X-Api-Key: $${KEY_VARIABLE}"`,
    },
    {
      id: "for-claude-desktop",
      name: "Claude Desktop",
      note: notes.claudeDesktop,
      text: json({
        mcpServers: {
          countersign: {
            command: "npx",
            args: ["-y", "mcp-remote", url, "--header", `X-Api-Key:\${${KEY_VARIABLE}}`],
            env: { [KEY_VARIABLE]: "YOUR_KEY" },
          },
        },
      }),
    },
    {
      id: "for-vs-code",
      name: "VS Code",
      note: notes.vsCode,
      text: json({
        inputs: [{ type: "promptString", id: "countersign-key", description: "Countersign", password: true }],
        servers: { countersign: { type: "http", url, headers: header("${input:countersign-key}") } },
      }),
    },
    {
      id: "for-cursor",
      name: "Cursor",
      note: notes.cursor,
      text: json({ mcpServers: { countersign: { url, headers: header(`\${env:${KEY_VARIABLE}}`) } } }),
    },
    {
      id: "for-codex",
      name: "Codex",
      note: notes.codex,
      text: `[mcp_servers.countersign]\nurl = ${JSON.stringify(url)}\nbearer_token_env_var = "${KEY_VARIABLE}"`,
    },
    {
      id: "for-gemini-cli",
      name: "Gemini CLI",
      note: notes.gemini,
      text: json({ mcpServers: { countersign: { httpUrl: url, headers: header(`$${KEY_VARIABLE}`) } } }),
    },
    {
      id: "for-opencode",
      name: "opencode",
      note: notes.openCode,
      text: json({ mcp: { servers: { countersign: { type: "remote", url, headers: header(`{env:${KEY_VARIABLE}}`) } } } }),
    },
    { id: "for-chatgpt", name: "ChatGPT", note: notes.chatGpt, text: null },
  ];
}
