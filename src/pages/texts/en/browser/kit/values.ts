/** What is said beside values of agents and people: server and browser make the same of them. */
import type { View } from "#pages/kit/view.ts";

export const valuesTexts = {
  onlyWayIn: {
    oneLeft: "That leaves one passkey among all admins: if it is lost, no admin can get in any more.",
    only: (element: View) => [
      "Your passkey is the only one that any admin has. If it is lost, nobody can confirm people or make agents any more. ",
      element,
      " on another device or on a security key, or make somebody else an admin.",
    ],
    addSecond: "Add a second passkey",
  },
  caution: {
    framed: "May look like the marks for spaces and tabs: ",
    lookAlikes: "Has look-alike characters: ",
    unusualSigns: "Has unusual signs: ",
    reorders: "Reorders text: ",
    shownByCode: "Shown by its code: ",
    hidden: "Hidden or unclear: ",
    emptyName: "empty name",
    place: (count: number, field: View) => [count === 1 ? " in " : ", first in ", field],
    textShown: "text shown",
    found: (meaning: string, found: View, about: string, count: number) => [
      meaning,
      found,
      `${about}, ${count === 1 ? "once" : `${count} times`}`,
    ],
    look: (says: string, shown: View[], field: View) => [says, ...shown, " in ", field],
    moreMarked: (left: number) => `${left} more like these are marked where they stand.`,
    more: (count: number) => `${count} more`,
    title: "Look at this first",
  },
  text: {
    suspect: "characters of more than one alphabet, or look-alikes",
  },
  value: {
    emptyText: "empty text",
    emptyList: "empty list",
    emptyObject: "empty object",
    emptyName: "empty name",
    dense: "Too much to lay out, so as it is written: · is a space, \\n the end of a line, \\x and \\u a character by its code.",
    bothSame: "Both are the same.",
    languages: { sql: "SQL", shell: "Shell", json: "JSON", yaml: "YAML", diff: "Patch" },
    lines: (language: string, count: number) => `${language}, ${count} lines`,
    andMoreNames: (left: number) => ` and ${left} more`,
    partOfText: (path: string, number: number, count: number) => `${path}, part ${number} of ${count}`,
  },
} as const;
