import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { Agent, fetch } from "undici";
import { systemClock } from "#server/clock.ts";
import type { Config } from "#server/config/schema.ts";
import { ownName } from "#server/internal/callers.ts";
import { checkedBy, originOf, parseAddress } from "#server/internal/hub-address.ts";
import { VerifyKeyMessage } from "#server/internal/messages.ts";
import type { Log } from "#server/log.ts";
import { readPem } from "./certificates.ts";
import type { HomePaths } from "./home.ts";

export type VerifyKey = { readonly pem: string; readonly key: KeyObject };
type Asking = {
  readonly config: Config;
  readonly paths: HomePaths;
  readonly log: Log;
  /** Of this role, on the hub's internal listener. */
  readonly roleKey: string | undefined;
  readonly signal?: AbortSignal;
};

const askAgainMs = 1000;

/**
 * The key edge and web check sessions with: from `hub.verifyKeyFile` or the home, else asked of the hub on another machine, by the same
 * key that all else there is asked with. Waits for the hub: without it there is nothing to serve yet.
 */
export async function obtainVerifyKey({ config, paths, log, roleKey, signal }: Asking): Promise<VerifyKey> {
  const { verifyKeyFile, connectUrl, caFile } = config.hub;
  if (verifyKeyFile !== undefined || connectUrl === undefined || existsSync(paths.verifyKey))
    return keyIn(verifyKeyFile ?? paths.verifyKey);
  const target = parseAddress(connectUrl, readPem(caFile));
  const dispatcher = new Agent({ connect: checkedBy(target) });
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(`${originOf(target)}/internal/verify-key`, {
        headers: { ...ownName, ...(roleKey === undefined ? {} : { authorization: `Bearer ${roleKey}` }) },
        dispatcher,
        ...(signal === undefined ? {} : { signal }),
      });
      if (!answer.ok) throw new Error(`the hub answered with ${answer.status}`);
      const { pem } = VerifyKeyMessage.parse(await answer.json());
      return { pem, key: createPublicKey(pem) };
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt % 10 === 1) log.warn({ err: error }, "waiting for the hub's key to check sessions with");
      await systemClock.sleep(askAgainMs, signal);
    }
  }
}

function keyIn(file: string): VerifyKey {
  try {
    const pem = readFileSync(file, "utf8");
    return { pem, key: createPublicKey(pem) };
  } catch (error) {
    throw new Error(
      `The key that verifies sessions can't be read from ${file}. Start the hub first, or set hub.verifyKeyFile or hub.connectUrl.`,
      { cause: error },
    );
  }
}
