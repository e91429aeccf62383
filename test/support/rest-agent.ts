/** An agent over REST, as a program without our client would call. Every answer comes back with its status. */

/** An approval as its agent is told of it. */
export interface ApprovalView {
  request_id: string;
  status: string;
  approval_url: string;
  expires_at: string;
  approvals: number;
  required: number;
  /** Of a refusal. */
  code?: string;
  [member: string]: unknown;
}

export interface RestAnswer {
  status: number;
  view: ApprovalView;
}

export class RestAgent {
  readonly #approvals: string;
  readonly #key: string;

  constructor(origin: string, key: string) {
    this.#approvals = `${origin}/api/v1/approvals`;
    this.#key = key;
  }

  /** Asks and does not wait. */
  ask(body: object): Promise<RestAnswer> {
    return this.#call("", { wait_seconds: 0, ...body });
  }
  read(id: string, waitSeconds = 0): Promise<RestAnswer> {
    return this.#call(`/${id}?wait=${waitSeconds}`);
  }
  answer(id: string, answer: string): Promise<RestAnswer> {
    return this.#call(`/${id}/answer`, { answer });
  }
  cancel(id: string, reason: string): Promise<RestAnswer> {
    return this.#call(`/${id}/cancel`, { reason });
  }
  redeem(id: string, payload: object, idempotencyKey?: string): Promise<RestAnswer> {
    return this.#call(`/${id}/redeem`, { payload, ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }) });
  }
  report(id: string, outcome: "succeeded" | "failed" | "unknown"): Promise<RestAnswer> {
    return this.#call(`/${id}/outcome`, { outcome });
  }
  /** The receipt as it is served. */
  async receipt(id: string): Promise<string> {
    const { status, text } = await this.tryReceipt(id);
    if (status !== 200) throw new Error(`no receipt of ${id}: ${status} ${text}`);
    return text;
  }
  /** The same, or the refusal. */
  async tryReceipt(id: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${this.#approvals}/${id}/receipt`, { headers: { "x-api-key": this.#key } });
    return { status: answer.status, text: await answer.text() };
  }

  async #call(path: string, body?: object): Promise<RestAnswer> {
    const headers = { "x-api-key": this.#key, "content-type": "application/json" };
    const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(this.#approvals + path, init);
    return { status: answer.status, view: (await answer.json()) as ApprovalView };
  }
}
