/** Packages of others that single rooms may import (rooms.mjs). */

/** CEL, its regular expressions, and YAML: the policy's alone, so that client and verifier stay small. */
export const POLICY_PACKAGES = ["@marcbachmann/cel-js", "@bufbuild/re2", "yaml"];

/** The editor of the one page that has one. */
export const EDITOR = [
  "@codemirror/autocomplete",
  "@codemirror/commands",
  "@codemirror/lang-yaml",
  "@codemirror/language",
  "@codemirror/lint",
  "@codemirror/state",
  "@codemirror/view",
  "@lezer/highlight",
  "style-mod",
];

/** What rules of calls use: RE2 with and without places, and JSON Schema. */
export const CALL_PACKAGES = ["@bufbuild/re2", "re2js", "@cfworker/json-schema"];
