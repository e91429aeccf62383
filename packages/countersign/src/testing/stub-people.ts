/** People in memory, each with a passkey in software: what they sign is shaped as what real people sign, and proves nothing. */
import type { Decision, RecordOf } from "../documents/record.ts";
import type { RequestDocument } from "../documents/request.ts";
import { buildStatement, decisionChallenge, type Verdict } from "../documents/statement.ts";
import { SoftwarePasskey } from "./software-passkey.ts";
import { randomText, type StubLeaf, type StubLog } from "./stub-log.ts";

/** What one of them said, and when. */
export interface StubVerdict {
  /** From 0. */
  person: number;
  verdict: Verdict;
  comment: string;
  at: string;
}

export interface SignedVerdict {
  decision: Decision;
  comment: { text: string; salt: string } | null;
  enrolment: StubLeaf<RecordOf<"passkey.enrolled">>;
}

/** The first is `test`, the next are `test-2` and so on. */
export function personNumber(person: number): { id: string; username: string } {
  const username = person === 0 ? "test" : `test-${person + 1}`;
  return { id: `usr_${username}`, username };
}

export class StubPeople {
  readonly #log: StubLog;
  readonly #enrolled: { passkey: SoftwarePasskey; enrolment: StubLeaf<RecordOf<"passkey.enrolled">> }[] = [];

  constructor(log: StubLog) {
    this.#log = log;
  }

  /** Makes these people, whoever is not there yet. Their passkeys are in the log before anything that they sign. */
  async enrol(count: number, at: string): Promise<void> {
    while (this.#enrolled.length < count) {
      const person = personNumber(this.#enrolled.length);
      const passkey = await SoftwarePasskey.create({ person: person.id });
      const credential = {
        id: passkey.credentialId,
        public_key: passkey.publicKey,
        alg: passkey.alg,
        backup_eligible: passkey.backupEligible,
      };
      const enrolment = this.#log.append(
        "passkey.enrolled",
        { person, roles: ["approver"], groups: [], credential, authorised_by: [] },
        at,
      );
      this.#enrolled.push({ passkey, enrolment });
    }
  }

  async sign(request: RequestDocument, { person, verdict, comment, at }: StubVerdict): Promise<SignedVerdict> {
    const enrolled = this.#enrolled[person];
    if (enrolled === undefined) throw new Error("nobody signs who is not enrolled");
    const salt = randomText();
    const draft = { verdict, approver: personNumber(person), comment, commentSalt: salt, nonce: randomText() };
    const statement = buildStatement(request, draft);
    const assertion = await enrolled.passkey.sign({ challenge: decisionChallenge(statement), origin: request.origin, crossOrigin: false });
    return {
      decision: { at, statement, credential_id: enrolled.passkey.credentialId, assertion },
      comment: comment === "" ? null : { text: comment, salt },
      enrolment: enrolled.enrolment,
    };
  }
}
