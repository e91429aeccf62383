/** What the pictures in docs/diagrams show. `npm run docs` writes them, and a test holds that they are as this says. */
import { boxesPicture, sequencePicture } from "./diagram.mjs";

/** File name: the SVG. */
export const DIAGRAMS = {
  "who.svg": boxesPicture({
    width: 760,
    height: 330,
    title: "Who talks to whom",
    about:
      "An agent asks the gate and waits. The gate tells a person, who reads the exact action and signs with a passkey. The gate writes the decision to a log, answers the agent, and gives everybody a receipt. Anyone can check receipt and log.",
    boxes: [
      { at: [24, 60], size: [150, 70], words: ["Agent", "holds an API key"] },
      { at: [300, 60], size: [170, 70], words: ["Countersign", "the gate"], main: true },
      { at: [590, 60], size: [150, 70], words: ["Approver", "holds a passkey"] },
      { at: [300, 230], size: [170, 70], words: ["Log", "append-only, public"] },
      { at: [590, 230], size: [150, 70], words: ["Auditor, anyone", "holds the log’s key"] },
      { at: [24, 230], size: [150, 70], words: ["What is changed", "server, shop, data"] },
    ],
    arrows: [
      {
        path: [
          [174, 82],
          [298, 82],
        ],
        words: ["1 asks, waits"],
        at: [236, 74],
      },
      {
        path: [
          [300, 110],
          [176, 110],
        ],
        words: ["4 decision"],
        at: [236, 128],
        back: true,
      },
      {
        path: [
          [470, 82],
          [588, 82],
        ],
        words: ["2 shows"],
        at: [530, 74],
      },
      {
        path: [
          [590, 110],
          [472, 110],
        ],
        words: ["3 signs"],
        at: [530, 128],
      },
      {
        path: [
          [385, 130],
          [385, 228],
        ],
        words: ["every decision"],
        at: [440, 184],
      },
      {
        path: [
          [590, 265],
          [472, 265],
        ],
        words: ["checks"],
        at: [530, 257],
      },
      {
        path: [
          [99, 130],
          [99, 228],
        ],
        words: ["5 acts, once"],
        at: [146, 184],
      },
    ],
  }),
  "states.svg": boxesPicture({
    width: 760,
    height: 330,
    title: "The states of a request",
    about:
      "A request is pending until it ends in one of four ways: approved, denied, expired, cancelled. What is approved can be redeemed once, until a time, and then its outcome is reported: succeeded, failed or unknown.",
    boxes: [
      { at: [24, 130], size: [130, 60], words: ["pending", "people decide"], main: true },
      { at: [250, 24], size: [150, 56], words: ["approved"] },
      { at: [250, 100], size: [150, 56], words: ["denied"] },
      { at: [250, 176], size: [150, 56], words: ["expired"] },
      { at: [250, 252], size: [150, 56], words: ["cancelled", "by the agent"] },
      { at: [480, 24], size: [110, 56], words: ["redeemed", "once"], main: true },
      { at: [640, 24], size: [100, 56], words: ["outcome", "reported"] },
    ],
    arrows: [
      {
        path: [
          [154, 148],
          [200, 148],
          [200, 52],
          [248, 52],
        ],
      },
      {
        path: [
          [154, 154],
          [220, 154],
          [220, 128],
          [248, 128],
        ],
      },
      {
        path: [
          [154, 166],
          [220, 166],
          [220, 204],
          [248, 204],
        ],
      },
      {
        path: [
          [154, 172],
          [200, 172],
          [200, 280],
          [248, 280],
        ],
      },
      {
        path: [
          [400, 52],
          [478, 52],
        ],
        words: ["exact payload"],
        at: [440, 18],
      },
      {
        path: [
          [590, 52],
          [638, 52],
        ],
      },
    ],
  }),
  "receipt.svg": boxesPicture({
    width: 760,
    height: 250,
    title: "What a receipt ties together",
    about:
      "The payload’s hash stands in the request; the request’s hash in the statement that the passkey signs; the statement’s hash in a leaf of the log; the leaf leads to the tree’s root; the root is signed with the log’s key, which the verifier has from elsewhere.",
    boxes: [
      { at: [16, 40], size: [120, 64], words: ["Payload", "every field"] },
      { at: [164, 40], size: [120, 64], words: ["Request", "who, until when"] },
      { at: [312, 40], size: [130, 64], words: ["Statement", "passkey signs"], main: true },
      { at: [470, 40], size: [110, 64], words: ["Leaf", "in the log"] },
      { at: [608, 40], size: [136, 64], words: ["Root", "log’s key signs"], main: true },
      { at: [312, 160], size: [130, 64], words: ["Passkey", "the person’s"] },
      { at: [608, 160], size: [136, 64], words: ["Log’s key", "you hold it"] },
    ],
    arrows: [
      {
        path: [
          [136, 72],
          [162, 72],
        ],
        words: ["hash"],
        at: [149, 32],
      },
      {
        path: [
          [284, 72],
          [310, 72],
        ],
        words: ["hash"],
        at: [297, 32],
      },
      {
        path: [
          [442, 72],
          [468, 72],
        ],
        words: ["hash"],
        at: [455, 32],
      },
      {
        path: [
          [580, 72],
          [606, 72],
        ],
        words: ["proof"],
        at: [594, 32],
      },
      {
        path: [
          [377, 160],
          [377, 106],
        ],
      },
      {
        path: [
          [676, 160],
          [676, 106],
        ],
      },
    ],
  }),
  "approval.svg": sequencePicture({
    title: "An approval, step by step",
    about:
      "The agent asks the Worker; the Worker asks D1 who the agent is and who may approve, and opens the request’s object, which then sleeps. A person gets the page with a fresh nonce and sends the signed decision. The object verifies, decides and writes, and has the log’s object append it in one batch of D1. The object says on the socket that it changed, the Worker reads it, and the agent hears: approved.",
    width: 900,
    actors: [["Agent"], ["Worker"], ["Approval", "Request object"], ["LogSequencer", "object"], ["D1"], ["Person"]],
    steps: [
      [0, 1, "request_human_approval"],
      [1, 4, "who is this agent, who may approve; list the request"],
      [1, 2, "open"],
      [2, 1, "socket; it sleeps", "back"],
      [5, 1, "GET /a/apr_…"],
      [1, 2, "page, fresh nonce"],
      [5, 1, "signed decision"],
      [1, 2, "decide"],
      [2, 2, "verify, then read, decide and write"],
      [2, 3, "append"],
      [3, 4, "one batch"],
      [2, 1, "“changed”", "back"],
      [1, 2, "read"],
      [1, 0, "approved", "back"],
    ],
  }),
};
