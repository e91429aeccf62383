/** What an agent is told to expect, for AGENTS.md and CLAUDE.md. It enforces nothing: the hook does. */
export const HOOK_INSTRUCTIONS = `## Calls that need an approval

Countersign decides about your tool calls before they run. Some pass at once, some wait for people, some are refused.

- A call that is blocked with "nobody has decided yet" is waiting for a person. Show the link, and the number if there is one.
  Then make exactly the same call again: it goes on with the same request. Any change makes a new request.
- A call that was denied must not be done, by another tool or in another form either. Follow what the person wrote. If they
  propose something else, ask for exactly that.
- A call that is blocked because the gate cannot be reached was declined by nobody. Say so, and do not look for a way around it.
- If a person asks you something, answer with: countersign answer REQUEST_ID QUESTION_ID TEXT
- Do not change the hook's settings, and do not use its key.
`;
