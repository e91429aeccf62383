/** A policy's text as a document, and its hash. What it means is judged elsewhere: this is its form alone. */
import { hex } from "../../encoding/bytes.ts";
import { hashJson } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { Misplaced } from "./field.ts";
import type { PolicyFinding } from "./finding.ts";
import { type PolicyDocument, policyField } from "./policy-document.ts";
import { MOST_FINDINGS, type PlacedValue, readYaml } from "./read-yaml.ts";

/** A document of the right form, with what finds a place in its text. */
export interface ReadPolicy {
  document: PolicyDocument;
  /** SHA-256 of the canonical JSON of what was parsed, in hexadecimal. */
  hash: string;
  place: PlacedValue["place"];
}

/** SHA-256 of a parsed policy's canonical JSON, in hexadecimal. */
export const policyHash = (document: PolicyDocument): string => hex(hashJson(document));

/** Reads YAML or JSON. Refuses with everything that is wrong with its form. */
export function readPolicyDocument(text: string): Result<ReadPolicy, PolicyFinding[]> {
  const yaml = readYaml(text);
  if (!yaml.ok) return yaml;
  const told: Misplaced[] = [];
  const document = policyField.read(yaml.value.value, [], told);
  if (document === undefined) return refuse(told.slice(0, MOST_FINDINGS).map((one) => yaml.value.place("error", one)));
  return accept({ document, hash: policyHash(document), place: yaml.value.place });
}
