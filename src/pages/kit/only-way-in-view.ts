/** Said before it is too late: where one passkey is all that stands between the service and nobody being able to administer it. Pure. */
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { element, styled, type ViewElement } from "./view.ts";

/** When revoking one of two. */
export const ONE_WAY_IN_LEFT = texts.onlyWayIn.oneLeft;

/**
 * Fills the element with the id `only-way-in`; it is empty unless the passkey of this viewer is the only one of any admin.
 * `adminPasskeys`: how many standing ones all admins have together.
 */
export function onlyWayInView(isAdmin: boolean, adminPasskeys: number): ViewElement {
  const isOnly = isAdmin && adminPasskeys === 1;
  return element(
    "div",
    { id: "only-way-in" },
    isOnly ? styled("p", "note", ...texts.onlyWayIn.only(element("a", { href: "/account#add" }, texts.onlyWayIn.addSecond))) : null,
  );
}
