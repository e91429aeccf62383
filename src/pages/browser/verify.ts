/** The script of `/verify`: checks a receipt with the offline verifier and shows every step. It asks the network for nothing. */
import { fromUtf8 } from "../../core/bytes.ts";
import { parseReceipt, readApprovers, type ReceiptFailureCode, type Trust, trustProblem, verifyReceipt } from "../../verifier.ts";
import { byId, control, onSubmit, tell } from "./parts/page.ts";
import { toDom } from "./parts/view-dom.ts";
import { type Checked, checkViews, conclusionView, type FilledIn, resultCaution, statusOf } from "./verify/result-view.ts";

/** Far more than a receipt with the largest payload and dozens of decisions. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

const NO_RECEIPT = "Choose a receipt, drop it here, or paste its text.";
const TOO_LARGE = "This file is too large to be a receipt.";
const CANNOT_CHECK =
  "This browser cannot do one of the checks, so nothing is said about the receipt. Use a current browser, or countersign verify.";

const file = control("file", HTMLInputElement);
const pasted = control("receipt", HTMLTextAreaElement);
const vkey = control("vkey", HTMLTextAreaElement);
const origin = control("origin", HTMLInputElement);
const approvers = control("approvers", HTMLTextAreaElement);
const form = control("verify", HTMLFormElement);
const result = byId("result");

/** What was shown is about what stood in the fields: it goes as soon as anything there changes. */
let version = 0;
function forget(): void {
  version += 1;
  result.hidden = true;
  tell("");
}

function readTrust(): Trust {
  const lines = approvers.value.split("\n").map((line) => line.trim());
  const named = lines.filter((line) => line !== "");
  const trust: Trust = { vkey: vkey.value.trim(), origin: origin.value.trim() };
  if (named.length > 0) trust.approvers = readApprovers(named);
  return trust;
}

/** A field that somebody typed in holds what they gave, even if it is the same. */
const given = new Set<EventTarget>();
const filledIn = (): FilledIn => ({ vkey: !given.has(vkey), origin: !given.has(origin) });

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
      outcome: { ok: false, refusal: { code: "malformed", message: "The receipt is not UTF-8." } },
    };
  const receipt = parseReceipt(text);
  if (!receipt.ok) return { receipt: null, trust, held: new Set(), outcome: receipt };
  const held = new Set<ReceiptFailureCode>(["malformed"]);
  const outcome = await verifyReceipt(receipt.value, trust, (one) => held.add(one));
  return { receipt: receipt.value, trust, held, outcome };
}

function show(checked: Checked): void {
  const checks = checkViews(checked);
  const caution = resultCaution(checks);
  result.dataset["valid"] = String(checked.outcome.ok);
  byId("conclusion").replaceChildren(...conclusionView(checked, filledIn()).map(toDom));
  byId("caution").replaceChildren(...(caution === null ? [] : [toDom(caution)]));
  byId("checks").replaceChildren(...checks.map(toDom));
  result.hidden = false;
  byId("status").textContent = statusOf(checked);
  result.focus({ preventScroll: true });
  result.scrollIntoView();
}

async function run(): Promise<void> {
  forget();
  const mine = version;
  const [chosen] = file.files ?? [];
  if (chosen === undefined && pasted.value.trim() === "") return tell(NO_RECEIPT);
  if (chosen !== undefined && chosen.size > MAX_FILE_BYTES) return tell(TOO_LARGE);
  const trust = readTrust();
  const problem = trustProblem(trust);
  if (problem !== null) return tell(`${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`);
  try {
    const checked = await check(await readText(chosen), trust);
    if (mine === version) show(checked);
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
  file.files = files;
  file.dispatchEvent(new Event("change", { bubbles: true }));
});

onSubmit(form, run);
for (const button of form.querySelectorAll("button")) button.disabled = false;
