/** Whoever reads at a service: its address and this command line's session there, and how a failure is told. */
import { accept, refuse, type Result } from "../../result.ts";
import type { Outcome, Surroundings } from "../command.ts";
import { originOf } from "../service.ts";
import { visible } from "../visible.ts";
import type { CallFailed } from "./call-service.ts";
import { readSession } from "./session-file.ts";

export interface Reader {
  origin: string;
  key: string;
}

export const LOGIN = "Run countersign login.";

/** For the usage of each. */
export const READER_USAGE = `Environment:
  COUNTERSIGN_URL            where the service is, such as https://gate.example.com
  COUNTERSIGN_STATE          the folder that keeps this command line's session
                             (~/.local/state/countersign)

Exit code: 0 done, 1 refused, or no usable answer, 2 unusable arguments, 3 no session: run countersign login.
`;

export const NO_SESSION = 3;

/** What was refused, and how it ends the command. */
export const callFailed = ({ code, message }: CallFailed): Outcome => ({
  exitCode: code === "unauthorized" ? NO_SESSION : 1,
  stderr: `countersign: ${visible(message)} (${visible(code)})\n`,
});

/** The session at the service that the environment names. */
export async function readerOf(surroundings: Surroundings): Promise<Result<Reader, Outcome>> {
  const origin = originOf(surroundings.environment);
  if (!origin.ok) return refuse({ exitCode: 2, stderr: `countersign: ${visible(origin.refusal)}\n` });
  const session = await readSession(origin.value, surroundings);
  if (!session.ok) return refuse({ exitCode: 1, stderr: `countersign: ${visible(session.refusal)}\n` });
  if (session.value === null) {
    return refuse({ exitCode: NO_SESSION, stderr: `countersign: this command line has no session at ${origin.value}. ${LOGIN}\n` });
  }
  if (Date.parse(session.value.ends_at) <= Date.now()) {
    return refuse({ exitCode: NO_SESSION, stderr: `countersign: this command line's session at ${origin.value} is over. ${LOGIN}\n` });
  }
  return accept({ origin: origin.value, key: session.value.key });
}
