/**
 * C2SP tlog-policy: which logs and witnesses are trusted, and how many of the witnesses have to have cosigned a checkpoint.
 * Reading it strictly, and judging by it. Verifying cosignatures is cosignature.ts; nothing here talks to anybody.
 */
import { equal } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import { parseWitnessVkey } from "./cosignature.ts";
import { parseVkey, type VerifierKey } from "./note.ts";

/** Of each: logs, witnesses, groups. As many as tlog-policy recommends, and no more. */
const MAX_DEFINITIONS = 32;
/** Of the whole text, in UTF-16 code units: dozens of times what these definitions take, for those who comment them. */
const MAX_LENGTH = 262_144;

export interface PolicyLog {
  /** Its name is the log's origin line. */
  key: VerifierKey;
  vkey: string;
  /** Not checked: what it means is for whoever talks to the log. */
  url: string | null;
}

export interface PolicyWitness extends PolicyLog {
  /** What the policy calls it; the key has a name of its own. */
  name: string;
}

/** Met if at least `required` of the members are; a witness is met if it has cosigned. */
export interface WitnessGroup {
  name: string;
  required: number;
  members: (PolicyWitness | WitnessGroup)[];
}

export interface WitnessPolicy {
  logs: PolicyLog[];
  witnesses: PolicyWitness[];
  /** Null: no cosignature is asked for. */
  quorum: PolicyWitness | WitnessGroup | null;
}

/** The first thing that is wrong, and in which line, counted from 1. */
export interface PolicyFault {
  line: number;
  message: string;
}

/** Thrown and caught in this file alone. */
class Fault extends Error {}

/** A policy while it is read: what the lines so far have defined. */
class Draft {
  readonly logs: PolicyLog[] = [];
  readonly witnesses: PolicyWitness[] = [];
  /** Witnesses and groups share one space of names. */
  readonly #named = new Map<string, PolicyWitness | WitnessGroup>();
  readonly #members = new Set<string>();
  /** Undefined: no line has said. */
  quorum: WitnessPolicy["quorum"] | undefined;

  read([keyword, ...items]: string[]): void {
    switch (keyword) {
      case "log":
        return this.#readLog(items);
      case "witness":
        return this.#readWitness(items);
      case "group":
        return this.#readGroup(items);
      case "quorum":
        return this.#readQuorum(items);
      default:
        throw new Fault("a line begins with log, witness, group or quorum");
    }
  }

  #readLog([vkey, url, ...more]: string[]): void {
    if (vkey === undefined || more.length > 0) throw new Fault("a log is: log <vkey> [<url>]");
    const key = parseVkey(vkey);
    if (!key.ok) throw new Fault("the log's key is not an Ed25519 verifier key (type 0x01)");
    define(this.logs, { key: key.value, vkey, url: url ?? null });
  }

  #readWitness([name, vkey, url, ...more]: string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0) throw new Fault("a witness is: witness <name> <vkey> [<url>]");
    const key = parseWitnessVkey(vkey);
    if (!key.ok) throw new Fault("the witness's key is not an Ed25519 cosignature key (type 0x04)");
    const witness = { name, key: key.value, vkey, url: url ?? null };
    this.#name(witness);
    define(this.witnesses, witness);
  }

  #readGroup([name, threshold, ...names]: string[]): void {
    if (name === undefined || threshold === undefined || names.length === 0) {
      throw new Fault("a group is: group <name> all|any|<k> <member>...");
    }
    const members = names.map((member) => this.#find(member));
    const required = thresholdOf(threshold, members.length);
    for (const member of names) {
      if (this.#members.has(member)) throw new Fault(`${member} is a member already, and may be one only once`);
      this.#members.add(member);
    }
    this.#name({ name, required, members });
    if (this.#named.size - this.witnesses.length > MAX_DEFINITIONS) throw new Fault(`more than ${MAX_DEFINITIONS} groups`);
  }

  #readQuorum([name, ...more]: string[]): void {
    if (name === undefined || more.length > 0) throw new Fault("the quorum is: quorum <name>, or quorum none");
    if (this.quorum !== undefined) throw new Fault("a policy has one quorum");
    this.quorum = name === "none" ? null : this.#find(name);
  }

  #name(one: PolicyWitness | WitnessGroup): void {
    if (one.name === "none") throw new Fault("none is not a name to give");
    if (this.#named.has(one.name)) throw new Fault(`${one.name} is defined already`);
    this.#named.set(one.name, one);
  }

  #find(name: string): PolicyWitness | WitnessGroup {
    const found = this.#named.get(name);
    if (found === undefined) throw new Fault(`no line before this one defines ${name}`);
    return found;
  }
}

function define<Kind extends PolicyLog>(list: Kind[], one: Kind): void {
  if (list.some(({ key }) => equal(key.publicKey, one.key.publicKey))) throw new Fault("a line before this one has the same public key");
  if (list.length === MAX_DEFINITIONS) throw new Fault(`more than ${MAX_DEFINITIONS} of a kind`);
  list.push(one);
}

function thresholdOf(text: string, members: number): number {
  if (text === "any") return 1;
  if (text === "all") return members;
  const required = /^[1-9][0-9]*$/.test(text) ? Number(text) : 0;
  if (required < 1 || required > members) throw new Fault(`the threshold is all, any, or a number from 1 to ${members}`);
  return required;
}

/** Tab and newline are the only control characters; all beyond ASCII is allowed, and compared as it is written. */
const isPolicyText = (line: string): boolean => line.isWellFormed() && /^[\t\x20-\x7e\x80-\u{10ffff}]*$/u.test(line);

/**
 * Reads a policy (tlog-policy, "Policy file syntax and structure"), or tells the first line that is wrong. Refuses keys that are not
 * Ed25519, more than 32 logs, witnesses or groups, and a text of more than 262,144 UTF-16 code units. The last line may lack its newline.
 */
export function parsePolicy(text: string): Result<WitnessPolicy, PolicyFault> {
  if (text.length > MAX_LENGTH) return refuse({ line: 1, message: `a policy has at most ${MAX_LENGTH} characters` });
  const draft = new Draft();
  const lines = text.replace(/\n$/, "").split("\n");
  for (const [index, line] of lines.entries()) {
    const items = line.split(/[ \t]+/).filter((item) => item !== "");
    try {
      if (!isPolicyText(line)) throw new Fault("a character that a policy cannot have, such as a carriage return");
      if (items[0] !== undefined && !items[0].startsWith("#")) draft.read(items);
    } catch (error) {
      if (error instanceof Fault) return refuse({ line: index + 1, message: error.message });
      throw error;
    }
  }
  const { logs, witnesses, quorum } = draft;
  if (quorum === undefined) return refuse({ line: lines.length, message: "the policy has no quorum line" });
  return accept({ logs, witnesses, quorum });
}

/** Whether those whose cosignatures have been verified are enough. Who is not in the policy counts for nothing. */
export function enoughWitnesses({ quorum }: WitnessPolicy, cosigners: readonly VerifierKey[]): boolean {
  const isMet = (one: PolicyWitness | WitnessGroup): boolean =>
    "members" in one
      ? one.members.filter(isMet).length >= one.required
      : cosigners.some(({ publicKey }) => equal(publicKey, one.key.publicKey));
  return quorum === null || isMet(quorum);
}
