/**
 * Masks a JSON text where rules and credentials say, and leaves every other byte of it as it is: numbers keep their digits, members
 * their order, untouched strings their escapes. Where `$` lies in a message is mask-answer.ts.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type Credentials, holdsCredential } from "./credentials.ts";
import { type JsonReader, walkJsonText, stringOf } from "./json-text.ts";
import { type Located, locatedBelow, locatedWithin, maskingParts, maskingWhole } from "./located.ts";
import { firstFound, type Masking, maskString, numbered } from "./mask-string.ts";
import { type MaskedPlaces, type MaskPlace, maskPlaceIn, maskPlaceText } from "./places.ts";
import { MASKED } from "./spans.ts";

/** What is known of a value. */
export interface ValueAround {
  place: MaskPlace;
  at: Located;
  /** What rules that name neither path nor key leave alone: what the protocol has to find again. `names`: only the members' names. */
  carried: "nothing" | "names" | "all";
  /** Names of members that were masked in this object, and how often. */
  maskedNames: Map<string, number> | null;
  /** Of a whole message: what its members are; null for a member that is nobody's to change, and for its name. */
  members: ((name: string) => ValueAround | null) | null;
}

/** JSON in JSON in JSON: what is nested deeper is masked whole, where any rule would have to be looked for in it. */
const DEEPEST_TEXT = 8;
/** As much as this says is masked already. */
const MASKED_TOKEN = JSON.stringify(MASKED);

/** The step to the outermost value. */
const OUTERMOST = -1;
/** Shorter ones are in an id by chance. */
const FEWEST_IN_FRAME = 8;
const NO_CREDENTIALS: Credentials = { forms: [] };

/** What one side finds again only as it was: it was made up by whoever sent it, and means nothing to people. */
const CARRIED: ReadonlySet<string | number> = new Set(
  "progressToken requestId nextCursor taskId requestState code progress total ttlMs pollIntervalMs".split(" "),
);

const mayBeJson = (text: string): boolean => /^[ \t\n\r]*[{[]/.test(text);

export class Walk implements JsonReader<ValueAround> {
  readonly #text: string;
  readonly #masking: Masking;
  readonly #places: Pick<MaskedPlaces, "add">;
  readonly #depth: number;
  readonly #pieces: string[] = [];
  #copied = 0;
  #whole: { place: MaskPlace; by: string } | null = null;
  #isFrameClean = true;

  /** `depth`: how many texts of JSON this one lies in. */
  constructor(text: string, masking: Masking, places: Pick<MaskedPlaces, "add">, depth = 0) {
    this.#text = text;
    this.#masking = masking;
    this.#places = places;
    this.#depth = depth;
  }

  /**
   * The text masked; refused if it is not JSON, or if what frames a message holds a credential, since that cannot be changed.
   * `outermost` is what is known of its value.
   */
  masked(outermost: ValueAround): Result<string, "not-json" | "credential-in-frame"> {
    const read = walkJsonText(this.#text, outermost, OUTERMOST, this, this.#masking.work);
    if (!read.ok) return read;
    if (!this.#isFrameClean) return refuse("credential-in-frame");
    return accept(this.#copied === 0 ? this.#text : this.#pieces.join("") + this.#text.slice(this.#copied));
  }

  begin(parent: ValueAround, step: string | number, _first: string, _start: number): ValueAround | null {
    const here = step === OUTERMOST ? parent : this.#below(parent, step);
    if (here === null) {
      this.#whole = null;
      return null;
    }
    const rule = maskingWhole(this.#masking.masks, here.at);
    if (rule === null) return here;
    this.#whole = { place: here.place, by: rule.by };
    return null;
  }

  scalar(here: ValueAround, kind: "string" | "number" | "word", start: number, end: number): void {
    const token = this.#text.slice(start, end);
    if (kind === "string") this.#string(here, token, start, end);
    if (kind === "number") this.#number(here, token, start, end);
  }

  untold(start: number, end: number): void {
    const token = this.#text.slice(start, end);
    if (this.#whole === null) this.#isFrameClean &&= !holdsCredential(token, this.#longCredentials());
    if (this.#whole === null || token === MASKED_TOKEN) return;
    this.#places.add(maskPlaceText(this.#whole.place), this.#whole.by);
    this.#replace(start, end, MASKED_TOKEN);
  }

  name(object: ValueAround, name: string, start: number, end: number): string {
    if (object.members !== null && object.members(name) === null) return name;
    const rules = maskingParts(this.#masking.masks, object.at, object.carried !== "nothing");
    const by: string[] = [];
    const masked = maskString(name, rules, this.#masking, (one) => by.push(one));
    if (masked === name) return name;
    object.maskedNames ??= new Map();
    const single = numbered(masked, object.maskedNames);
    for (const one of by) this.#places.add(maskPlaceText(maskPlaceIn(object.place, single)), one);
    this.#replace(start, end, JSON.stringify(single));
    return name;
  }

  #below(parent: ValueAround, step: string | number): ValueAround | null {
    if (parent.members !== null) return typeof step === "string" ? parent.members(step) : null;
    return {
      place: maskPlaceIn(parent.place, step),
      at: locatedBelow(this.#masking.masks, parent.at, step),
      carried: parent.carried === "names" && CARRIED.has(step) ? "all" : "nothing",
      maskedNames: null,
      members: null,
    };
  }

  #longCredentials(): Credentials {
    return { forms: this.#masking.credentials.forms.filter(({ text }) => text.length >= FEWEST_IN_FRAME) };
  }

  #string(here: ValueAround, token: string, start: number, end: number): void {
    const text = stringOf(token);
    const rules = maskingParts(this.#masking.masks, here.at, here.carried === "all");
    const mark = (by: string): void => this.#places.add(maskPlaceText(here.place), by);
    const masked = maskString(text, rules, this.#masking, mark, { before: (now) => this.#nested(now, here), isOnce: this.#depth > 0 });
    if (masked !== text) this.#replace(start, end, JSON.stringify(masked));
  }

  #number(here: ValueAround, token: string, start: number, end: number): void {
    const found = firstFound(token, maskingParts(this.#masking.masks, here.at, here.carried === "all"), this.#masking);
    if (found === null) return;
    this.#places.add(maskPlaceText(here.place), found);
    this.#replace(start, end, MASKED_TOKEN);
  }

  /** A text that is a JSON object or list, its values masked; any other as it is. */
  #nested(text: string, here: ValueAround): string {
    const { masks } = this.#masking;
    if (masks.rules.length === 0 || text === MASKED || !mayBeJson(text)) return text;
    if (this.#depth >= DEEPEST_TEXT) {
      this.#places.add(maskPlaceText(here.place), "too deep");
      return MASKED;
    }
    const places: [place: string, by: string][] = [];
    // Credentials are found in what holds this text, through all that escapes them.
    const masking = { ...this.#masking, credentials: NO_CREDENTIALS };
    const inner = new Walk(text, masking, { add: (place, by) => void places.push([place, by]) }, this.#depth + 1);
    const walked = inner.masked({ ...here, at: locatedWithin(masks, here.at), carried: "nothing", maskedNames: null, members: null });
    // What was masked until a text turned out not to be JSON was not masked.
    if (!walked.ok) return text;
    for (const [place, by] of places) this.#places.add(place, by);
    return walked.value;
  }

  #replace(start: number, end: number, text: string): void {
    this.#pieces.push(this.#text.slice(this.#copied, start), text);
    this.#copied = end;
  }
}
