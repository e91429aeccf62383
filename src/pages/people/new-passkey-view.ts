/** A passkey that was just made, to its owner: the digits to compare with an admin, and how. */
import { comparisonView } from "./passkey-view.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";

export interface UnconfirmedPasskey {
  username: string;
  /** SHA-256 of the COSE key, in hexadecimal. */
  fingerprint: string;
}

export const newPasskeyView = ({ username, fingerprint }: UnconfirmedPasskey): ViewElement =>
  styled(
    "div",
    "new-passkey",
    element("p", {}, "The digits of the passkey of ", element("b", {}, username), ":"),
    comparisonView(fingerprint),
    element(
      "p",
      {},
      "Read them to an admin, on the phone or in person. The admin sees the same digits beside your name, and confirms your passkey if every one is the same.",
    ),
  );
