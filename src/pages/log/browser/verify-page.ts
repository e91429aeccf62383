/**
 * The script of `/verify`: checks a receipt, a proof or an evidence bundle with the offline verifier and shows every step. It asks the network
 * for nothing but the receipt that its address names, of this service (verify/fetch-receipt.ts).
 */
import { BASES } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
import { parsePolicy } from "#countersign/tlog/witness-policy.ts";
import {
  logTrustOf,
  logTrustProblem,
  MAX_RECEIPT_BYTES,
  parseReceipt,
  readApprovers,
  type ReceiptFailureCode,
  type Trust,
  trustProblem,
  verifyReceipt,
} from "#countersign/verifier.ts";
import { cautionView } from "#pages/kit/caution-view.ts";
import type { ViewElement } from "#pages/kit/view.ts";
import { byId, control, onSubmit, tell } from "#pages/kit/browser/page.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { verifyTexts as texts } from "#texts/browser/log/verify.ts";
import { fetchReceipt, namedRequest } from "./verify/fetch-receipt.ts";
import { readGivenLeaf } from "./verify/given-leaf.ts";
import { checkProof, proofCheckViews, proofConclusion, proofStatus } from "./verify/proof-check.ts";
import { type Checked, checkViews, conclusionView, statusOf } from "./verify/result-view.ts";

const NO_RECEIPT = texts.page.chooseReceipt;
const NO_PROOF = texts.page.pasteProof;
const TOO_LARGE = texts.page.fileTooLarge;
const CANNOT_CHECK = texts.page.unsupported;

const file = control("file", HTMLInputElement);
const pasted = control("receipt", HTMLTextAreaElement);
const proof = control("proof", HTMLTextAreaElement);
const entry = control("entry", HTMLTextAreaElement);
const vkey = control("vkey", HTMLTextAreaElement);
const origin = control("origin", HTMLInputElement);
const approvers = control("approvers", HTMLTextAreaElement);
const policy = control("policy", HTMLTextAreaElement);
const form = control("verify", HTMLFormElement);
const result = byId("result");

/** What was shown is about what stood in the fields: it goes as soon as anything there changes. */
let version = 0;
function forget(): void {
  version += 1;
  result.hidden = true;
  tell("");
}

/** What is checked is in the address, so that other pages lead to either. */
const checksProofs = (): boolean => location.hash === "#proof";
function showMode(): void {
  const mode = checksProofs() ? "proof" : "receipt";
  for (const part of form.querySelectorAll<HTMLElement>("[data-for]")) part.hidden = part.dataset["for"] !== mode;
  for (const way of document.querySelectorAll<HTMLElement>("[data-mode]")) {
    if (way.dataset["mode"] === mode) way.setAttribute("aria-current", "true");
    else way.removeAttribute("aria-current");
  }
  for (const button of form.querySelectorAll("button"))
    button.textContent = checksProofs() ? texts.page.checkProof : texts.page.checkReceipt;
  forget();
}

/** The log's key and the witnesses, as both checks want them. */
function readLogTrust(): Result<Pick<Trust, "vkey" | "policy">, string> {
  const key = vkey.value.trim();
  const trust: Pick<Trust, "vkey" | "policy"> = key === "" ? {} : { vkey: key };
  if (policy.value.trim() === "") return accept(trust);
  const read = parsePolicy(`${policy.value.trim()}\n`);
  return read.ok ? accept({ ...trust, policy: read.value }) : refuse(texts.page.witnessPolicyLine(read.refusal.line, read.refusal.message));
}

function readTrust(): Result<Trust, string> {
  const log = readLogTrust();
  if (!log.ok) return log;
  const lines = approvers.value.split("\n").map((line) => line.trim());
  const named = lines.filter((line) => line !== "");
  const trust: Trust = {
    ...log.value,
    origin: origin.value.trim(),
    allowBasis: BASES,
    ...(named.length > 0 && { approvers: readApprovers(named) }),
  };
  const problem = trustProblem(trust);
  return problem === null ? accept(trust) : refuse(problem);
}

/** A field that somebody typed in holds what they gave, even if it is the same. */
const given = new Set<EventTarget>();

/** The text of the receipt, null if the file is not UTF-8. Its bytes are read as they are: white space and all may matter. */
async function readText(chosen: File | undefined): Promise<string | null> {
  return chosen === undefined ? pasted.value : fromUtf8(new Uint8Array(await chosen.arrayBuffer()));
}

async function check(text: string | null, trust: Trust): Promise<Checked> {
  if (text === null)
    return {
      receipt: null,
      trust,
      held: new Set(),
      outcome: { ok: false, refusal: { code: "malformed", message: texts.page.notUtf8 } },
    };
  const receipt = parseReceipt(text);
  if (!receipt.ok) return { receipt: null, trust, held: new Set(), outcome: receipt };
  const held = new Set<ReceiptFailureCode>(["malformed"]);
  const outcome = await verifyReceipt(receipt.value, trust, (one) => held.add(one));
  return { receipt: receipt.value, trust, held, outcome };
}

/** A result to show. */
interface Shown {
  valid: boolean;
  status: string;
  conclusion: ViewElement[];
  checks: ViewElement[];
}

function show({ valid, status, conclusion, checks }: Shown): void {
  const caution = cautionView([{ name: "", views: checks }]);
  result.dataset["valid"] = String(valid);
  byId("conclusion").replaceChildren(...conclusion.map(toDom));
  byId("caution").replaceChildren(...(caution === null ? [] : [toDom(caution)]));
  byId("checks").replaceChildren(...checks.map(toDom));
  result.hidden = false;
  byId("status").textContent = status;
  result.focus({ preventScroll: true });
  result.scrollIntoView();
}

/** The same of an evidence bundle, by a script of its own, which most who come here never need. */
async function checkBundle(chosen: File): Promise<Result<Shown, string>> {
  const trust = readTrust();
  if (!trust.ok) return trust;
  const loaded = (await import(form.dataset["bundle"] ?? "")) as typeof import("./bundle-page.ts");
  return await loaded.checkBundle(chosen, trust.value);
}

/** The result of checking the receipt, or what keeps it from being checked. */
async function checkReceipt(): Promise<Result<Shown, string>> {
  const [chosen] = file.files ?? [];
  if (chosen === undefined && pasted.value.trim() === "") return refuse(NO_RECEIPT);
  if (chosen?.name.endsWith(".zip")) return await checkBundle(chosen);
  if (chosen !== undefined && chosen.size > MAX_RECEIPT_BYTES) return refuse(TOO_LARGE);
  const trust = readTrust();
  if (!trust.ok) return trust;
  const checked = await check(await readText(chosen), trust.value);
  const conclusion = conclusionView(checked, { vkey: !given.has(vkey), origin: !given.has(origin) });
  return accept({ valid: checked.outcome.ok, status: statusOf(checked), conclusion, checks: checkViews(checked) });
}

/** The same of the proof. White space around it gets lost in copying, and is no part of what is signed. */
async function checkPastedProof(): Promise<Result<Shown, string>> {
  if (entry.value.trim() === "") return refuse(NO_PROOF);
  const leaf = readGivenLeaf(entry.value);
  if (!leaf.ok) return leaf;
  const text = proof.value.trim() === "" ? (leaf.value.proof ?? "") : proof.value;
  if (text === "") return refuse(NO_PROOF);
  const trust = readLogTrust();
  if (!trust.ok) return trust;
  const problem = logTrustProblem(trust.value);
  if (problem !== null) return refuse(problem);
  const checked = await checkProof(`${text.trim()}\n`, leaf.value, logTrustOf(trust.value));
  const keyFrom = trust.value.vkey === undefined ? "policy" : given.has(vkey) ? "field" : "page";
  const conclusion = proofConclusion(checked, keyFrom);
  return accept({ valid: checked.outcome.ok, status: proofStatus(checked), conclusion, checks: proofCheckViews(checked) });
}

async function run(): Promise<void> {
  forget();
  const mine = version;
  try {
    const checked = await (checksProofs() ? checkPastedProof() : checkReceipt());
    if (mine !== version) return;
    if (checked.ok) return show(checked.value);
    const problem = checked.refusal;
    tell(`${problem.charAt(0).toUpperCase()}${problem.slice(1)}${problem.endsWith(".") ? "" : "."}`);
  } catch (error) {
    // Signatures that WebCrypto does not know here, no WebCrypto at all (an insecure origin), a file that is gone.
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    tell(CANNOT_CHECK);
  }
}

file.addEventListener("change", () => (pasted.value = ""));
pasted.addEventListener("input", () => (file.value = ""));
for (const event of ["input", "change"]) form.addEventListener(event, forget);
form.addEventListener("input", ({ target }) => target !== null && given.add(target));
for (const field of [vkey, origin]) if (field.value !== field.defaultValue) given.add(field);

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const { files } = event.dataTransfer ?? new DataTransfer();
  if (files.length === 0) return;
  if (checksProofs()) location.hash = "#receipt-check";
  file.files = files;
  file.dispatchEvent(new Event("change", { bubbles: true }));
  void run();
});

/** Fills in the receipt of the request that the address names, and checks it. */
async function checkNamed(): Promise<void> {
  const request = namedRequest(location.hash);
  if (request === null) return;
  const mine = version;
  tell(texts.page.fetchingTheReceipt);
  const fetched = await fetchReceipt(request);
  if (mine !== version) return;
  if (!fetched.ok) return tell(fetched.refusal);
  file.value = "";
  pasted.value = fetched.value;
  await run();
}

function showAddressed(): void {
  showMode();
  void checkNamed();
}

addEventListener("hashchange", showAddressed);
onSubmit(form, run);
for (const button of form.querySelectorAll("button")) button.disabled = false;
showAddressed();
