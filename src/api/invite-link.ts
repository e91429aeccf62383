/**
 * The link of an invitation: `/enrol#<code>&<what it is for>`. All of it is behind the #, which browsers send to nobody. Whoever passes a
 * link on can change what follows the code: it fills the form and tells the reader what to expect, and decides nothing.
 */

/** What an invitation says of itself. Texts are as their writer has them: shown only with what is invisible in them marked. */
export interface InviteTerms {
  /** The username that it lays down; empty if it is theirs to choose. */
  username: string;
  displayName: string;
  /** Username of the admin who invites. */
  by: string;
  roles: readonly string[];
  groups: readonly string[];
  /** When it ends, as a time in words.ts. */
  until: string;
}

const LONGEST = 2_000;

/** What stands behind the code. */
export function termsText({ username, displayName, by, roles, groups, until }: InviteTerms): string {
  const members = new URLSearchParams({ username, name: displayName, by, until });
  for (const role of roles) members.append("role", role);
  for (const group of groups) members.append("group", group);
  return members.toString();
}

/** Reads the terms out of what stands behind the #; null if there are none. */
export function readTerms(fragment: string): InviteTerms | null {
  const start = fragment.indexOf("&");
  if (start === -1 || fragment.length > LONGEST) return null;
  const members = new URLSearchParams(fragment.slice(start + 1));
  const text = (name: string): string => members.get(name) ?? "";
  return {
    username: text("username"),
    displayName: text("name"),
    by: text("by"),
    roles: members.getAll("role"),
    groups: members.getAll("group"),
    until: text("until"),
  };
}

/** The code alone, of a whole fragment that was taken for it. */
export const codeIn = (fragment: string): string => fragment.split("&")[0] ?? "";
