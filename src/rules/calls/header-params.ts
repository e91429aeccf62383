/**
 * Arguments that are said in headers as well (MCP 2026-07-28, `x-mcp-header`): what proxies read there is what the body says, or the call is
 * refused. Pure; a value that no header can carry is base64 in the protocol's own form.
 */
import { b64, fromB64, fromUtf8, utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";

const ENCODED = /^=\?base64\?(.*)\?=$/;
/** A name that a header can have (RFC 9110, token). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const DECIMAL = /^-?[0-9]+(\.[0-9]+)?$/;

export const headerText = (text: string): string =>
  /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith("=?base64?") ? text : `=?base64?${b64(utf8(text))}?=`;

/** What a header says; null for base64 that is none. */
export function decodedHeader(value: string): string | null {
  const encoded = ENCODED.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = fromB64(encoded);
  return bytes === null ? null : fromUtf8(bytes);
}

export const scalarText = (value: JsonValue | undefined): string | null =>
  typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : null;

/** The arguments that a tool's schema wants in headers, by the header's name in small letters: those that this call has. */
export function headerParams(inputSchema: JsonValue | undefined, args: JsonObject): Record<string, string> {
  const properties = isObject(inputSchema) && isObject(inputSchema["properties"]) ? inputSchema["properties"] : {};
  const found = Object.entries(properties).flatMap(([member, schema]): [string, string][] => {
    if (!isObject(schema)) return [];
    const value = args[member];
    if (isObject(value)) return Object.entries(headerParams(schema, value));
    const [header, text] = [schema["x-mcp-header"], scalarText(value)];
    return typeof header === "string" && TOKEN.test(header) && text !== null ? [[header.toLowerCase(), text]] : [];
  });
  return Object.fromEntries(found);
}

/** The header that does not say what the arguments do; null if all of them do. `headerOf`: `mcp-param-…` of that name, as it came. */
export function headerMisfit(wanted: Readonly<Record<string, string>>, headerOf: (name: string) => string | null): string | null {
  for (const [name, text] of Object.entries(wanted)) {
    const given = headerOf(name);
    const said = given === null ? null : decodedHeader(given);
    if (said === text) continue;
    // 42 and 42.0 are one number.
    if (said === null || !DECIMAL.test(said) || !DECIMAL.test(text) || Number(said) !== Number(text)) return `Mcp-Param-${name}`;
  }
  return null;
}
