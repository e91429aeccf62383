/** A passkey that was just made, to its owner: the digits to compare with an admin, and how. */
import { comparisonView } from "../passkey-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { joiningScriptTexts as texts } from "#texts/browser/joining.ts";

export interface UnconfirmedPasskey {
  username: string;
  /** SHA-256 of the COSE key, in hexadecimal. */
  fingerprint: string;
}

export const newPasskeyView = ({ username, fingerprint }: UnconfirmedPasskey): ViewElement =>
  styled(
    "div",
    "new-passkey",
    element("p", {}, ...texts.newPasskey.digitsOf<View>(element("b", {}, username))),
    comparisonView(fingerprint),
    element("p", {}, texts.newPasskey.read),
  );
