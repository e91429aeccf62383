/** What the page of agents and that of one agent both have. */
import type { FC } from "hono/jsx";
import { FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
import { agentsTexts as texts } from "#texts/agents.ts";

/** Filled by the script with a new key, which the server gives out once. */
export const KeySnippets: FC = () => (
  <>
    <Snippet id="key" title={texts.created.key} copies={texts.created.copyKey} />
    <Snippet id="claude-code" title={texts.created.claudeCode} copies={texts.created.copyCommand} />
    <Snippet id="mcp-servers" title={texts.created.others} copies={texts.created.copyConfiguration} />
    <Copied />
  </>
);

export const RenameDialog: FC = () => (
  <FormDialog id="rename" verb={texts.groups.verb} hint={texts.groups.signed}>
    <Field
      id="rename-name"
      name="name"
      label={texts.rename.label}
      hint={texts.rename.hint}
      refusable
      maxlength={64}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
  </FormDialog>
);

export const GroupsDialog: FC = () => (
  <FormDialog id="change" verb={texts.groups.verb} hint={texts.groups.signed}>
    <Field
      id="change-groups"
      name="groups"
      label={texts.groups.label}
      hint={texts.groups.hint}
      refusable
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
  </FormDialog>
);
