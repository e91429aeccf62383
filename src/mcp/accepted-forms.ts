/** In which forms a client takes its answer, read from `Accept` (RFC 9110, 12.5.1). Clients that name only one, or none, are served as well. */

/** At least one of them. */
export interface AcceptedForms {
  /** One JSON document, once everything is known. */
  json: boolean;
  /** A stream of events, which can tell of progress before the answer. */
  stream: boolean;
  /** Where both are taken and there is no progress to tell of. */
  prefersStream: boolean;
}

/** Of a client that says nothing about it to this service's own code. */
export const EVERY_FORM: AcceptedForms = { json: true, stream: true, prefersStream: true };

const STREAM = "text/event-stream";

/** As the protocol asks clients to say it. */
export const BOTH_FORMS = `application/json, ${STREAM}`;

/** Null if the client takes neither form. No header, and an empty one, take anything. */
export function acceptedForms(accept: string | null): AcceptedForms | null {
  if (accept === BOTH_FORMS) return EVERY_FORM;
  const weights = weightsIn(accept ?? "");
  const weightOf = (type: string): number =>
    weights.size === 0 ? 1 : (weights.get(type) ?? weights.get(type.replace(/\/.*/, "/*")) ?? weights.get("*/*") ?? weights.get("*") ?? 0);
  const [json, stream] = [weightOf("application/json"), weightOf(STREAM)];
  if (json === 0 && stream === 0) return null;
  // Who takes anything seldom expects a stream.
  return { json: json > 0, stream: stream > 0, prefersStream: stream > json || (stream === json && weights.has(STREAM)) };
}

/** The media ranges of the header, in lower case, and how welcome each is. A weight that is no number is not looked at. */
function weightsIn(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const range of accept.toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const weight = Number(/^q=(.+)$/.exec(parameters.find((one) => one.startsWith("q=")) ?? "")?.[1] ?? 1);
    if (type !== "") weights.set(type, Math.max(weights.get(type) ?? 0, Number.isNaN(weight) ? 1 : weight));
  }
  return weights;
}
