/** The field of the policy as an editor: line numbers, words to choose from, findings at their lines. Tab leaves it, as it leaves a field. */
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { FindingItem } from "#api/policy-data.ts";
import { policiesScriptTexts as texts } from "#texts/browser/policies.ts";
import { completing, type KnownWords } from "./completion.ts";
import { adoptStyles } from "./style-sheets.ts";

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--typed)", fontWeight: "600" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--name)" },
]);

/** What the packages draw with pictures of their own, which the page's policy does not load, is drawn without. */
const LOOK = EditorView.theme({
  "&": { border: "1.5px solid var(--edge)", borderRadius: "6px", backgroundColor: "var(--sheet)", color: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": {
    fontFamily: "var(--mono)",
    fontSize: "0.875rem",
    lineHeight: "1.5",
    minHeight: "20rem",
    maxHeight: "70vh",
    overflow: "auto",
  },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--quiet)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "transparent", boxShadow: "inset 0 0 0 1px var(--line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--edge)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--danger)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline dotted var(--ink)" },
  ".cm-lint-marker": { width: "1.25em", height: "1.25em", textAlign: "center", font: "700 0.875em/1.4 var(--ui)" },
  ".cm-lint-marker-error": { content: "normal", color: "var(--danger)" },
  ".cm-lint-marker-error::before": { content: '"✕"' },
  ".cm-lint-marker-warning": { content: "normal", color: "var(--ink)" },
  ".cm-lint-marker-warning::before": { content: '"!"' },
  ".cm-tooltip": {
    border: "1px solid var(--edge)",
    borderRadius: "6px",
    backgroundColor: "var(--sheet)",
    color: "var(--ink)",
    boxShadow: "var(--shadow)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "0.875rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionInfo": { maxWidth: "20rem", padding: "8px", fontFamily: "var(--ui)" },
  ".cm-diagnostic": { padding: "8px 12px" },
});

/**
 * Text that takes the place of several lines at once, as an input method or a program types it. Left to the browser, it would keep the
 * looks of what was there in attributes that the page's policy does not take.
 */
const REPLACING = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const selection = getSelection();
    const range = event.getTargetRanges()[0] ?? (selection?.rangeCount === 1 ? selection.getRangeAt(0) : undefined);
    if (range === undefined || view.composing || !/^(?:insertText|delete)/.test(event.inputType)) return false;
    const from = view.posAtDOM(range.startContainer, range.startOffset);
    const to = view.posAtDOM(range.endContainer, range.endOffset);
    if (view.state.doc.lineAt(from).number === view.state.doc.lineAt(to).number) return false;
    const insert = view.state.toText(event.data ?? "");
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: "input.type" });
    event.preventDefault();
    return true;
  },
});

export interface PolicyEditor {
  text(): string;
  /** Takes the place of all that is there; taking back brings that back. */
  replace(text: string): void;
  mark(findings: readonly FindingItem[]): void;
  goTo(line: number, column: number): void;
  focus(): void;
}

const offsetOf = (text: Text, line: number, column: number): number => {
  const { from, to } = text.line(Math.min(Math.max(line, 1), text.lines));
  return Math.min(from + Math.max(column, 1) - 1, to);
};

/** From its place to the end of the word there. */
function diagnosticOf(state: EditorState, { level, line, column, message, hint }: FindingItem): Diagnostic {
  const from = offsetOf(state.doc, line, column);
  const rest = state.doc.lineAt(from);
  const word = /^[^\s,\]}]+/.exec(state.sliceDoc(from, rest.to))?.[0].length ?? 0;
  return { from, to: from + word, severity: level, message: texts.findings.whole(message, hint) };
}

/** Opens an editor in `parent`; `label` and `hint` are ids. */
export function openEditor(
  parent: HTMLElement,
  text: string,
  { label, hint, known }: { label: string; hint: string; known: KnownWords },
): PolicyEditor {
  adoptStyles();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        // A caret that blinks is motion too.
        drawSelection({ cursorBlinkRate: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 1_200 }),
        highlightActiveLine(),
        bracketMatching(),
        EditorState.tabSize.of(2),
        indentUnit.of("  "),
        EditorView.lineWrapping,
        yaml(),
        syntaxHighlighting(COLOURS),
        autocompletion({ override: [completing(known)], icons: false }),
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
        EditorView.contentAttributes.of({
          "aria-labelledby": label,
          "aria-describedby": hint,
          spellcheck: "false",
          autocapitalize: "none",
        }),
        LOOK,
        REPLACING,
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    replace: (fresh) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: fresh }, selection: { anchor: 0 } }),
    mark: (findings) =>
      view.dispatch(
        setDiagnostics(
          view.state,
          findings.map((one) => diagnosticOf(view.state, one)),
        ),
      ),
    goTo(line, column) {
      const anchor = offsetOf(view.state.doc, line, column);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
    focus: () => view.focus(),
  };
}
