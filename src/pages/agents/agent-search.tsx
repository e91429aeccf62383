/** The search above a list of agents, and the way to its next page. */
import type { FC } from "hono/jsx";
import type { AgentsQuery } from "#api/agents/agent-data.ts";
import { agentsTexts } from "#texts/agents.ts";

export type AgentsFilter = Omit<AgentsQuery, "cursor">;

const PATH = "/admin/agents";
const texts = agentsTexts.search;
const STATES = ["any", "running", "stopped", "revoked"] as const;

/** Whether the list is of some agents only. */
export const isFiltered = ({ q, state = "any" }: AgentsFilter): boolean => q !== undefined || state !== "any";

export const AgentSearch: FC<{ filter: AgentsFilter }> = ({ filter: { q = "", state = "any" } }) => (
  <form id="search" class="inline" method="get" action={PATH} role="search">
    <div class="field">
      <label for="q">{texts.label}</label>
      <input id="q" name="q" type="search" value={q} maxlength={200} autocomplete="off" spellcheck={false} aria-describedby="q-hint" />
      <p class="hint" id="q-hint">
        {texts.hint}
      </p>
    </div>
    <div class="field">
      <label for="state">{texts.state}</label>
      <select id="state" name="state">
        {STATES.map((value) => (
          <option value={value} selected={state === value}>
            {texts.states[value]}
          </option>
        ))}
      </select>
    </div>
    <button type="submit">{texts.verb}</button>
  </form>
);

export const LaterAgents: FC<{ filter: AgentsFilter; next: string | null }> = ({ filter: { q, state }, next }) => {
  if (next === null) return null;
  const query = new URLSearchParams({ ...(q !== undefined && { q }), ...(state !== undefined && { state }), cursor: next });
  return (
    <p>
      <a href={`${PATH}?${query.toString()}`}>{agentsTexts.later}</a>
    </p>
  );
};
