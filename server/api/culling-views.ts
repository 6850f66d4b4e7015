import type { CullRule, QuietHours } from "#db/schema/settings.ts";

/** What somebody may choose; seconds. `max` null: as long as they like. */
export type IdleBoundsView = { readonly min: number; readonly max: number | null };

/** When idle servers stop, as their user sees and may change it. */
export type MyCullingView = {
  /** False: nothing is stopped by itself here, and there is nothing to choose. */
  readonly enabled: boolean;
  /** What they chose; an absent key means "as usual". */
  readonly choice: CullRule;
  readonly bounds: IdleBoundsView;
  /** What holds for a server of no particular profile and group while nothing is chosen. */
  readonly usual: {
    readonly idleSeconds: number;
    readonly maxAgeSeconds: number | null;
    readonly quietHours: readonly QuietHours[];
  };
  /** Groups they are in that have a rule; the shorter holds for servers that count against them. */
  readonly groups: readonly { readonly group: string; readonly rule: CullRule }[];
  readonly warnSeconds: number;
  /** How far ahead a server may be kept with `culling.keepUntil`. */
  readonly maxKeepSeconds: number;
};

export type GroupCullingView = {
  readonly enabled: boolean;
  readonly group: string;
  readonly rule: CullRule;
  readonly bounds: IdleBoundsView;
  readonly usual: MyCullingView["usual"];
};
