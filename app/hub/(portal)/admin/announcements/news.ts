export const newsPageSize = 50;

export type NewsState = "now" | "planned" | "over";

export function newsStateOf(
  { startsAt, endsAt }: { readonly startsAt: Date; readonly endsAt: Date | null },
  now: Date,
): NewsState {
  if (startsAt > now) return "planned";
  return endsAt === null || endsAt > now ? "now" : "over";
}
