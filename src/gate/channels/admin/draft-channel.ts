/**
 * What admins sign to add or change a channel. Settings and sealed credential are stored under the hash of what is signed before anybody
 * signs, so that neither can be another when it is.
 */
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type AdminOperation, draftAdminStatement, operationHash, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import { lookOf } from "#rules/names.ts";
import { channelOrigin, type ChannelSettings } from "#rules/notices/channel-settings.ts";
import {
  type CredentialPorts,
  credentialPurpose,
  type GivenCredential,
  type MadeCredential,
  type MakingCredential,
} from "./channel-credential.ts";
import { checkSettings, credentialProblem, type GivenSettings, type SettingsPorts, type SettingsRefusal } from "./check-settings.ts";
import type { StandingChannel } from "./standing-channel.ts";
import type { Vault } from "../vault.ts";

/** Settings and sealed credential under signatures, or before the first. */
export interface ChannelDraft {
  operationHash: string;
  channelId: string;
  settings: ChannelSettings;
  credential: string | null;
  /** How often the channel will have been signed for with this. */
  number: number;
  madeBy: string;
  madeAt: string;
}

export interface ChannelDraftPorts extends StatementPorts, SettingsPorts, CredentialPorts {
  /** Null without the secret that it is made of: then nothing is kept that would have to be sealed. */
  vault: Vault | null;
  /** Those that are not removed, from the D1 primary. */
  standingChannels(): Promise<StandingChannel[]>;
  /** Keeps it in the place of one under the same hash, and forgets what nobody signed for within an hour. */
  storeDraft(draft: ChannelDraft): Promise<void>;
  draftOf(operationHash: string): Promise<ChannelDraft | null>;
}

/** What a channel shall be. */
export interface WantedChannel {
  name: string;
  settings: GivenSettings;
  /** Null where it is made here, or stays. */
  credential: GivenCredential | null;
}

/** The statement, with what it is about; and the secret that is shown this once, to whoever has made the draft. */
export interface DraftedChannel {
  statement: AdminStatement;
  settings: ChannelSettings;
  secret: string | null;
}

export type DraftRefusal =
  | SettingsRefusal
  | { reason: "channels-not-available" | "name-of-another-channel" | "too-many-channels" | "one-for-pushes" | "unknown-channel" }
  | { reason: "another-kind" | "credential-wanted" | "credential-unreadable" | "nothing-to-rotate" | "not-drafted" };

export type ChannelOperation = AdminOperation<"channel.added" | "channel.changed">;

/** As many as routing reads for each request. */
const MOST_CHANNELS = 50;
/** How long a webhook's old key signs beside the new one. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;
/** A device is pushed with the key that it has subscribed with, as long as it is there. */
const FOR_EVER_MS = Date.UTC(9999, 0);

/** SHA-256 of a sealed credential, hexadecimal; null for none. */
const credentialHash = (credential: string | null): string | null => (credential === null ? null : hex(sha256(utf8(credential))));

/** What is signed of a draft, under the name that the channel shall have. */
export function channelOperation(
  name: string,
  draft: Pick<ChannelDraft, "channelId" | "settings" | "credential" | "number">,
): ChannelOperation {
  const { channelId: id, settings, credential, number } = draft;
  return {
    operation: number === 1 ? "channel.added" : "channel.changed",
    parameters: {
      channel: {
        id,
        name,
        kind: settings.kind,
        origin: channelOrigin(settings),
        settings_hash: hex(sha256(utf8(settingsText(settings)))),
        credential_hash: credentialHash(credential),
      },
    },
  };
}

/** The statement under which `adminId` adds a channel, whose id and own keys are made here. */
export async function draftChannel(
  wanted: WantedChannel,
  adminId: string,
  ports: ChannelDraftPorts,
): Promise<Result<DraftedChannel, DraftRefusal>> {
  if (ports.vault === null) return refuse({ reason: "channels-not-available" });
  const [checked, others] = [checkSettings(wanted.settings, ports), await ports.standingChannels()];
  if (!checked.ok) return checked;
  const problem = credentialProblem(wanted.credential, checked.value) ?? problemAmong(others, "", wanted.name, checked.value.kind);
  if (problem !== null) return refuse(problem);
  const id = `chn_${b64u(ports.random(16))}`;
  const made = await makeCredential(wanted.credential, checked.value, ports);
  return accept(await store({ id, name: wanted.name, number: 1 }, checked.value, made, adminId, { ...ports, vault: ports.vault }));
}

/**
 * The statement under which `adminId` changes a channel: name and settings, and the credential where one is given or it would go to
 * another origin than it was sealed for, which it never does.
 */
export async function draftChannelChange(
  channelId: string,
  wanted: WantedChannel,
  adminId: string,
  ports: ChannelDraftPorts,
): Promise<Result<DraftedChannel, DraftRefusal>> {
  if (ports.vault === null) return refuse({ reason: "channels-not-available" });
  const [checked, channels] = [checkSettings(wanted.settings, ports), await ports.standingChannels()];
  const channel = channels.find(({ id }) => id === channelId);
  if (channel === undefined) return refuse({ reason: "unknown-channel" });
  if (!checked.ok) return checked;
  if (checked.value.kind !== channel.settings.kind) return refuse({ reason: "another-kind" });
  const stays = wanted.credential === null && keepsCredential(channel, checked.value);
  const problem =
    (stays ? null : credentialProblem(wanted.credential, checked.value)) ?? problemAmong(channels, channelId, wanted.name, null);
  if (problem !== null)
    return refuse(problem.reason === "settings-not-good" && problem.field === "credential" ? { reason: "credential-wanted" } : problem);
  const of = { id: channelId, name: wanted.name, number: channel.number + 1 };
  if (!stays) {
    const made = await makeCredential(wanted.credential, checked.value, ports);
    return accept(await store(of, checked.value, made, adminId, { ...ports, vault: ports.vault }));
  }
  const settings = withPublicKey(checked.value, "public_key" in channel.settings ? channel.settings.public_key : null);
  return accept(await storeSealed(of, settings, channel.credential, adminId, ports));
}

/** The statement under which `adminId` gives a channel a new credential: its own keys are made here, any other is given. */
export async function draftRotation(
  channelId: string,
  given: GivenCredential | null,
  adminId: string,
  ports: ChannelDraftPorts,
): Promise<Result<DraftedChannel, DraftRefusal>> {
  const { vault } = ports;
  if (vault === null) return refuse({ reason: "channels-not-available" });
  const channel = (await ports.standingChannels()).find(({ id }) => id === channelId);
  if (channel === undefined) return refuse({ reason: "unknown-channel" });
  const { settings, credential } = channel;
  if (settings.kind === "email" && settings.via === "cloudflare") return refuse({ reason: "nothing-to-rotate" });
  const problem = credentialProblem(given, settings);
  if (problem !== null) return refuse(problem);
  const of = { id: channelId, name: channel.name, number: channel.number + 1 };
  const making = makingOf(settings);
  if (making === null) return accept(await store(of, settings, await makeCredential(given, settings, ports), adminId, { ...ports, vault }));
  const open = credential === null ? null : await vault.open(credential, credentialPurpose(channelId, settings));
  if (open === null || !open.ok) return refuse({ reason: "credential-unreadable" });
  const untilMs = making.kind === "webhook" ? ports.now() + OVERLAP_MS : FOR_EVER_MS;
  const rotated = await ports.rotateCredential(making, open.value, untilMs);
  if (rotated === null) return refuse({ reason: "credential-unreadable" });
  return accept(await store(of, settings, rotated, adminId, { ...ports, vault }));
}

/** The statement under which `adminId` signs for what another admin has signed for, named by its hash and its name. */
export async function draftAgain(
  hash: string,
  name: string,
  adminId: string,
  ports: StatementPorts & Pick<ChannelDraftPorts, "draftOf">,
): Promise<Result<DraftedChannel, DraftRefusal>> {
  const draft = await ports.draftOf(hash);
  if (draft === null) return refuse({ reason: "not-drafted" });
  const operation = channelOperation(name, draft);
  if (operationHash(operation) !== hash) return refuse({ reason: "not-drafted" });
  return accept({ statement: draftAdminStatement(adminId, operation, ports), settings: draft.settings, secret: null });
}

/** Why none of that name and kind can stand beside the others; null if it can. `kind` null: it has it already. */
function problemAmong(others: readonly StandingChannel[], ownId: string, name: string, kind: string | null): DraftRefusal | null {
  const apart = others.filter(({ id }) => id !== ownId);
  if (apart.some((other) => lookOf(other.name) === lookOf(name))) return { reason: "name-of-another-channel" };
  if (kind !== null && apart.length >= MOST_CHANNELS) return { reason: "too-many-channels" };
  // A browser subscribes with one key.
  return kind === "webpush" && apart.some(({ settings }) => settings.kind === "webpush") ? { reason: "one-for-pushes" } : null;
}

/** Whether the credential that a channel has serves under such settings: it goes to the same origin, and signs in the same way. */
function keepsCredential({ settings, credential }: StandingChannel, wanted: GivenSettings): boolean {
  if (channelOrigin(settings) !== channelOrigin(withPublicKey(wanted, ""))) return false;
  if (settings.kind === "email")
    return wanted.kind === "email" && wanted.via === settings.via && (settings.via === "cloudflare" || credential !== null);
  return credential !== null && (settings.kind !== "webhook" || (wanted.kind === "webhook" && wanted.signing === settings.signing));
}

const makingOf = (settings: GivenSettings): MakingCredential | null => {
  if (settings.kind === "webhook") return { kind: "webhook", signing: settings.signing };
  return settings.kind === "webpush" ? { kind: "webpush" } : null;
};

/** The credential of such settings, made or given; null where there is none. */
async function makeCredential(
  given: GivenCredential | null,
  settings: GivenSettings,
  ports: CredentialPorts,
): Promise<MadeCredential | null> {
  const making = makingOf(settings);
  if (making !== null) return ports.makeCredential(making);
  return given === null ? null : { credential: ports.keepCredential(given), publicKey: null, secret: null };
}

function withPublicKey(settings: GivenSettings, publicKey: string | null): ChannelSettings {
  switch (settings.kind) {
    case "webhook":
      return { ...settings, public_key: settings.signing === "ed25519" ? publicKey : null };
    case "webpush":
      return { ...settings, public_key: publicKey ?? "" };
    case "slack":
    case "email":
      return settings;
  }
}

type Numbered = { id: string; name: string; number: number };

/** Seals the credential for just this channel and origin, and stores the draft. */
async function store(
  of: Numbered,
  given: GivenSettings,
  made: MadeCredential | null,
  adminId: string,
  ports: ChannelDraftPorts & { vault: Vault },
): Promise<DraftedChannel> {
  const settings = withPublicKey(given, made?.publicKey ?? null);
  const sealed = made === null ? null : await ports.vault.seal(made.credential, credentialPurpose(of.id, settings));
  return { ...(await storeSealed(of, settings, sealed, adminId, ports)), secret: made?.secret ?? null };
}

async function storeSealed(
  { id, name, number }: Numbered,
  settings: ChannelSettings,
  credential: string | null,
  adminId: string,
  ports: ChannelDraftPorts,
): Promise<DraftedChannel> {
  const draft = { channelId: id, settings, credential, number };
  const operation = channelOperation(name, draft);
  await ports.storeDraft({ ...draft, operationHash: operationHash(operation), madeBy: adminId, madeAt: timestamp(ports.now()) });
  return { statement: draftAdminStatement(adminId, operation, ports), settings, secret: null };
}

/** Settings as they are kept: what is signed is the hash of just this text. */
export const settingsText = (settings: ChannelSettings): string => canonicalize(settings as JsonObject);
