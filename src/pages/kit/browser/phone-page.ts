/** "Go on with your phone": a dialog with the page's link as a QR code. Loaded by the page (`data-phone` of its body) once somebody asks for it. */
import { generate } from "lean-qr/nano";
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";
import { made } from "./page.ts";

const SVG = "http://www.w3.org/2000/svg";
/** ISO/IEC 18004 asks for four modules of nothing around the code. */
const QUIET_ZONE = 4;

/** The link as a QR code: dark on light in dark mode too, because that is what cameras look for. */
function codeOf(link: string): SVGElement {
  const code = generate(link);
  const side = code.size + 2 * QUIET_ZONE;
  let dark = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) if (code.get(x, y)) dark += `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z`;
  }
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({
    viewBox: `0 0 ${side} ${side}`,
    role: "img",
    "aria-label": texts.elsewhere.qrCode,
    class: "qr",
    "shape-rendering": "crispEdges",
  })) {
    svg.setAttribute(name, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", dark);
  svg.append(path);
  return svg;
}

/** Made when it is asked for, and gone when it is closed. */
export function showPhoneDialog(button: Element, link: string): void {
  const dialog = made("dialog", "", { className: "phone" });
  dialog.setAttribute("aria-labelledby", "phone-title");
  const close = made("button", texts.elsewhere.close, { type: "button" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(
    made("h2", texts.elsewhere.withPhone, { id: "phone-title" }),
    made("p", texts.elsewhere.scan),
    codeOf(link),
    made("p", link, { className: "code" }),
    close,
  );
  button.after(dialog);
  dialog.showModal();
}
