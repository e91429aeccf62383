/** A channel is added and changed by admins' signatures over what was drafted: name, settings by their hash, sealed credential by its. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { channelKey } from "#countersign/documents/leaf-key.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import { operationHash, parametersOf } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, KeptSignature, NotKept, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import type { ChannelSettings } from "#rules/notices/channel-settings.ts";
import { CHANNEL_REFUSALS, type ChannelEffect, type ChannelRow } from "./channel-effects.ts";
import { type ChannelDraft, type ChannelDraftPorts, channelOperation, type ChannelOperation, settingsText } from "./draft-channel.ts";
import type { StandingChannel } from "./standing-channel.ts";

export interface SignChannelPorts
  extends Omit<SignaturePorts, "keepSignatures">, AppendPorts<ChannelEffect>, Pick<ChannelDraftPorts, "draftOf"> {
  /** From the D1 primary, removed or not; null if there never was one. */
  channelById(id: string): Promise<StandingChannel | null>;
  /** `SignaturePorts.keepSignatures`, with the draft in the same write, should it have gone with an older signature. */
  keepWithChannelDraft(kept: readonly KeptSignature[], spends: readonly SpentNonce[], draft: ChannelDraft): Promise<Result<null, NotKept>>;
}

export type SignChannelRefusal = AuthorisationRefusal | { reason: (typeof CHANNEL_REFUSALS)[keyof typeof CHANNEL_REFUSALS] };

/** What was signed for, and whether it is done or lacks another admin's signature. */
export interface SignedChannel extends SignatureProgress {
  id: string;
  name: string;
  settings: ChannelSettings;
}

type Kind = ChannelOperation["operation"];

/** What a statement makes of a channel; null if it is about none. */
export function channelOfStatement(statement: AdminStatement): { kind: Kind; channel: ChannelOperation["parameters"]["channel"] } | null {
  for (const kind of ["channel.added", "channel.changed"] as const) {
    const parameters = parametersOf(kind, statement);
    if (parameters !== null) return { kind, channel: parameters.channel };
  }
  return null;
}

/** Whether a test of the channel as it was says that it works as it will be: it goes to the same place with the same credential, or one that is as good. */
function isStillProved(before: StandingChannel, draft: ChannelDraft): boolean {
  const placeOf = (settings: ChannelSettings): string => {
    switch (settings.kind) {
      case "webhook":
        return canonicalize([settings.url, settings.signing]);
      case "email":
        return canonicalize([settings.via, settings.from, settings.relay]);
      case "slack":
      case "webpush":
        return settings.kind;
    }
  };
  // The keys that it has made itself serve on beside the new ones.
  const isOwn = before.settings.kind === "webhook" || before.settings.kind === "webpush";
  return placeOf(before.settings) === placeOf(draft.settings) && (isOwn || before.credential === draft.credential);
}

/** Adds a channel. */
export const addChannel = (brought: readonly Authorisation[], adminId: string, ports: SignChannelPorts) =>
  signChannel("channel.added", null, brought, adminId, ports);

/** Changes the channel of that id: its name, settings or credential. */
export const changeChannel = (id: string, brought: readonly Authorisation[], adminId: string, ports: SignChannelPorts) =>
  signChannel("channel.changed", id, brought, adminId, ports);

/**
 * 1. what the signatures are under was drafted here, as an addition or as a change of this channel, and the draft is what its hashes say;
 * 2. enough admins signed for exactly this, or it waits with their signatures; 3. row, leaf and spent nonces are written together, if the
 * draft is still there and was made of the channel as it is, and no other one has its name.
 */
async function signChannel(
  kind: Kind,
  id: string | null,
  brought: readonly Authorisation[],
  adminId: string,
  ports: SignChannelPorts,
): Promise<Result<SignedChannel, SignChannelRefusal>> {
  const signed = brought[0] === undefined ? null : channelOfStatement(brought[0].statement);
  if (signed === null || signed.kind !== kind || (id !== null && signed.channel.id !== id)) {
    return refuse({ reason: brought.length === 0 ? "wrong-number-of-signatures" : "signed-for-something-else" });
  }
  const draft = await ports.draftOf(operationHash({ operation: kind, parameters: { channel: signed.channel } })); // 1
  if (draft === null) return refuse({ reason: "not-drafted" });
  const { channelId, settings, number } = draft;
  const operation = channelOperation(signed.channel.name, draft);
  if (canonicalize(operation.parameters) !== canonicalize({ channel: signed.channel }))
    return refuse({ reason: "signed-for-something-else" });

  const before = await ports.channelById(channelId);
  const isProved = before !== null && isStillProved(before, draft);
  const channel: ChannelRow = { ...rowOf(draft), name: signed.channel.name };
  const outcome = await signedChange(
    {
      operation, // 2
      key: channelKey(channelId, number),
      effect: (at, authorised): ChannelEffect =>
        kind === "channel.added"
          ? { kind: "channel-added", channel, at, authorised }
          : { kind: "channel-changed", channel, isProved, at, authorised }, // 3
      refusals: CHANNEL_REFUSALS,
      otherLeaf: "channel-changed-meanwhile",
      stands: async () => ((await ports.channelById(channelId))?.number ?? 0) >= number,
    },
    adminId,
    brought,
    { ...ports, keepSignatures: (kept, spends) => ports.keepWithChannelDraft(kept, spends, draft) },
  );
  if (!outcome.ok) return outcome;
  return accept({ ...progressOf(outcome.value), id: channelId, name: channel.name, settings });
}

const rowOf = ({ channelId: id, settings, credential, number }: ChannelDraft): Omit<ChannelRow, "name"> => ({
  id,
  kind: settings.kind,
  settings: settingsText(settings),
  events: settings.kind === "webhook" ? settings.events : [],
  credential,
  number,
});
