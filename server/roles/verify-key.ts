import { createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "#server/config/schema.ts";
import type { HomePaths } from "./home.ts";

/** The key edge and web check sessions with. */
export function readVerifyKey(config: Config, paths: HomePaths): { readonly pem: string; readonly key: KeyObject } {
  const file = config.hub.verifyKeyFile ?? paths.verifyKey;
  try {
    const pem = readFileSync(file, "utf8");
    return { pem, key: createPublicKey(pem) };
  } catch (error) {
    throw new Error(
      `The key that verifies sessions can't be read from ${file}. Start the hub first, or set hub.verifyKeyFile.`,
      { cause: error },
    );
  }
}
