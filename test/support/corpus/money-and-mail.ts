/** Transfers, refunds, mails. */
import type { CorpusCase } from "./corpus-case.ts";

const transfer = (iban: string, amount: number) => ({ iban, amount, currency: "EUR", memo: "Invoice" });
const USUAL = [transfer("DE89370400440532013000", 200), transfer("DE89370400440532013000", 180), transfer("DE89370400440532013000", 250)];
const mail = (to: string, body: string) => ({ to, subject: "Your order", body });
const MAILS = [mail("orders@example.com", "Thank you."), mail("sam@example.com", "It is on its way.")];

export const MONEY_AND_MAIL: readonly CorpusCase[] = [
  {
    name: "a usual transfer",
    action: "Pay an invoice",
    payload: transfer("DE89370400440532013000", 240),
    approved: USUAL,
    strip: [],
  },
  {
    name: "a new recipient, and far more than usual",
    action: "Pay an invoice",
    payload: transfer("GB29NWBK60161331926819", 4_000),
    approved: USUAL,
    strip: [
      "! New, not in the last 3 approved: GB29NWBK60161331926819 in iban",
      "! 20 times the usual of the last 3 approved: 4000 in amount",
    ],
  },
  {
    name: "the first of its kind",
    action: "Pay an invoice",
    payload: transfer("GB29NWBK60161331926819", 4_000),
    strip: [],
  },
  {
    name: "another currency",
    action: "Pay an invoice",
    payload: { iban: "DE89370400440532013000", amount: 30_000, currency: "JPY", memo: "Invoice" },
    approved: USUAL,
    strip: [],
  },
  {
    name: "more, as text with signs",
    action: "Refund",
    payload: { order: "A-17", refund_amount: "1,250.00" },
    approved: [
      { order: "A-1", refund_amount: "200.00" },
      { order: "A-2", refund_amount: "210.00" },
    ],
    strip: ["5 times the usual of the last 2 approved: 1,250.00 in refund_amount"],
  },
  {
    name: "a mail to somebody new",
    action: "Send mail",
    payload: mail("mallory@evil.example", "See https://evil.example/login"),
    approved: MAILS,
    strip: ["New, not in the last 2 approved: mallory@evil.example in to"],
  },
  {
    name: "a mail to somebody known",
    action: "Send mail",
    payload: mail("Sam@example.com", "It arrived."),
    approved: MAILS,
    strip: [],
  },
  {
    name: "a mail with a key in it",
    action: "Send mail",
    payload: mail("ops@example.com", `The key is ${["AKIA", "IOSFODNN7", "QQWERTY"].join("")}, and it works.`),
    strip: ["! A secret: aws access key id in body"],
  },
  {
    name: "a long mail",
    action: "Send mail",
    payload: mail(
      "board@example.com",
      "Dear all,\n\nthe quarter went well. We deleted nothing, dropped no table, and updated the forecast; production is stable.\n\nKind regards\nAda",
    ),
    strip: [],
  },
  {
    name: "a webhook elsewhere",
    action: "Set webhook",
    payload: { url: "https://hooks.evil.example/x", events: ["push"] },
    approved: [{ url: "https://hooks.example.com/x", events: ["push"] }],
    strip: ["New, not in the last one approved: https://hooks.evil.example/x in url"],
  },
];
