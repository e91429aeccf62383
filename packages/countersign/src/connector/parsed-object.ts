/** The object of a JSON text, whatever is in it; null if it is none. For what is looked at and not hashed: strangers wrote it. */
export function parsedObject(text: string): Record<string, unknown> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}
