import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { fetchJson } from "./fetch-json.ts";

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

const freshForMs = 10 * 60_000;
/** Between two fetches, whatever the tokens ask for: a stream of made-up `kid`s costs the provider one request a minute. */
const coolDownMs = 60_000;
const coolDownAfterFailureMs = 5_000;

/**
 * The provider's signing keys. Only from the address in its discovery document: `jku`, `x5u` and `jwk` of a token's own
 * header are never looked at. A rotated key is found at the next unknown `kid`, without a restart.
 */
export function createKeySet(jwksUri: string, clock: Clock): JWTVerifyGetKey {
  let known: { resolve: ReturnType<typeof createLocalJWKSet>; atMs: number } | null = null;
  let mayFetchFromMs = 0;
  let underway: Promise<void> | null = null;

  const load = async () => {
    try {
      mayFetchFromMs = clock.monotonicMs() + coolDownAfterFailureMs;
      const set = KeySet.parse(await fetchJson(jwksUri)) as JSONWebKeySet;
      known = { resolve: createLocalJWKSet(set), atMs: clock.monotonicMs() };
      mayFetchFromMs = known.atMs + coolDownMs;
    } finally {
      underway = null;
    }
  };
  const refresh = async () => {
    if (underway === null && clock.monotonicMs() < mayFetchFromMs) return;
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
