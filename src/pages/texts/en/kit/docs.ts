/** What stands around the documents at /docs: they themselves are in docs/. */

export const docsTexts = {
  documents: "Documents",
  home: "Documentation",
  all: "All documents",
  onThisPage: "On this page",
  asMarkdown: "This page as Markdown",
  copy: "Copy",
  block: (number: number) => `Text to copy, ${number}`,
  copyBlock: (number: number) => `Copy text ${number}`,
  table: (number: number) => `Table ${number}`,
  linkTo: (heading: string) => `Link to “${heading}”`,
} as const;
