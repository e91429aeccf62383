/** Said before it is too late: where one passkey is all that stands between the service and nobody being able to administer it. Pure. */
import { element, styled, type ViewElement } from "./view.ts";

/** When revoking one of two. */
export const ONE_WAY_IN_LEFT = "That leaves one passkey among all admins: if it is lost, no admin can get in any more.";

/**
 * Fills the element with the id `only-way-in`; it is empty unless the passkey of this viewer is the only one of any admin.
 * `adminPasskeys`: how many standing ones all admins have together.
 */
export function onlyWayInView(isAdmin: boolean, adminPasskeys: number): ViewElement {
  const isOnly = isAdmin && adminPasskeys === 1;
  return element(
    "div",
    { id: "only-way-in" },
    isOnly
      ? styled(
          "p",
          "note",
          "Your passkey is the only one that any admin has. If it is lost, nobody can confirm people or make agents any more. ",
          element("a", { href: "/account#add" }, "Add a second passkey"),
          " on another device or on a security key, or make somebody else an admin.",
        )
      : null,
  );
}
