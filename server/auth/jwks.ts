import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { fetchJson } from "./fetch-json.ts";

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

const freshForMs = 10 * 60_000;
/** Between two fetches, whatever the tokens ask for: a stream of made-up `kid`s costs the provider one request a minute. */
const coolDownMs = 60_000;

/**
 * The provider's signing keys. Only from the address in its discovery document: `jku`, `x5u` and `jwk` of a token's own
 * header are never looked at. A rotated key is found at the next unknown `kid`, without a restart.
 */
export function createKeySet(jwksUri: string, clock: Clock): JWTVerifyGetKey {
  let known: { resolve: ReturnType<typeof createLocalJWKSet>; atMs: number } | null = null;
  let lastFetchMs: number | null = null;
  let underway: Promise<void> | null = null;

  const load = async () => {
    try {
      lastFetchMs = clock.monotonicMs();
      const set = KeySet.parse(await fetchJson(jwksUri)) as JSONWebKeySet;
      known = { resolve: createLocalJWKSet(set), atMs: clock.monotonicMs() };
    } finally {
      underway = null;
    }
  };
  const mayFetch = () => lastFetchMs === null || clock.monotonicMs() - lastFetchMs >= coolDownMs;
  const refresh = async () => {
    if (underway === null && !mayFetch()) return;
    underway ??= load();
    await underway;
  };

  return async (header, token) => {
    const isOld = known === null || clock.monotonicMs() - known.atMs >= freshForMs;
    if (isOld) await refresh().catch(rethrowUnless(known !== null));
    if (known === null) throw new errors.JWKSNoMatchingKey("the provider's keys aren't known yet");
    const before = known;
    try {
      return await known.resolve(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      if (known === before) throw error;
      return await known.resolve(header, token);
    }
  };
}

/** Keys that are old are better than none while the provider is down. */
function rethrowUnless(haveOldKeys: boolean): (error: unknown) => void {
  return (error) => {
    if (!haveOldKeys) throw error;
  };
}
