/** How one person wants to be told. What they do not say is as in `BY_ITSELF`. */

/** Kinds of channels that reach a person. */
export const PERSONAL_KINDS = ["webpush", "slack", "email"] as const;
export type PersonalKind = (typeof PERSONAL_KINDS)[number];

export interface PersonSettings {
  /** In this order; a kind that is not in it is not used. */
  order: PersonalKind[];
  /** Minutes after which the next of the order is told too, if it is still open; 0: all at once. */
  nextAfterMinutes: number;
  /** IANA zone of their times. */
  zone: string;
  /** From and to, `HH:MM`, in their zone: what is not critical waits until it is over. Null: none. */
  quiet: { from: string; to: string } | null;
}

export const BY_ITSELF: PersonSettings = { order: ["webpush", "slack", "email"], nextAfterMinutes: 5, zone: "UTC", quiet: null };
