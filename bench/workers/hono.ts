/**
 * Bare hono: reads the call and gives a fixed answer, without any protocol. What is bound of a database and objects, it
 * asks once before, as a call of an agent cannot but do.
 */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface Bindings {
  ANSWER: object;
  DB?: D1Database;
  OBJECTS?: DurableObjectNamespace<Asked>;
}

export class Asked extends DurableObject {
  read(): object | null {
    return this.ctx.storage.kv.get<object>("answer") ?? null;
  }
}

const app = new Hono<{ Bindings: Bindings }>();

app.post("/mcp", async (c) => {
  const { id } = await c.req.json<{ id: number }>();
  const { ANSWER, DB, OBJECTS } = c.env;
  await DB?.withSession("first-primary").prepare("SELECT 1").all();
  await OBJECTS?.getByName("one").read();
  const result = { content: [{ type: "text", text: JSON.stringify(ANSWER) }], structuredContent: ANSWER };
  return c.json({ jsonrpc: "2.0", id, result });
});

export default app;
