import type { Amounts } from "#db/schema/settings.ts";
import type { SpawnFailure } from "./spawner.ts";

/** What the place of some servers must hold, as the database has it. */
export type Tenancy = {
  readonly namespace: string;
  /** Whose it is, where it is one group's or one user's. */
  readonly groupId: string | null;
  readonly userId: string | null;
  /** What binds all that runs in it; null where the place isn't one group's. */
  readonly quota: Amounts | null;
  readonly sharedVolume: SharedVolumePlace | null;
};

/** A group's shared volume, where a claim holds it. */
export type SharedVolumePlace = {
  readonly groupId: string;
  readonly claimName: string;
  readonly capacityBytes: number;
  readonly storageClass: string | null;
};

/** What a look at such a place found, and did. */
export type TenancyLook = {
  /** It didn't exist before: then nothing was missing from it. */
  readonly isNew: boolean;
  /** Pieces that were gone or changed and are there again: `NetworkPolicy/berth-default-deny`. */
  readonly mended: readonly string[];
  /** Pieces that are still missing, with why. */
  readonly lacking: readonly string[];
  readonly outcome:
    | { readonly kind: "whole" }
    | { readonly kind: "retry"; readonly afterMs: number; readonly because: string }
    | { readonly kind: "refused"; readonly failure: SpawnFailure };
};
