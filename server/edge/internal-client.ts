import type { Pool } from "undici";
import type { z } from "zod";
import type { HubAddress } from "#server/internal/hub-address.ts";
import { poolTo } from "./run.ts";

export type Internal = { readonly target: HubAddress; readonly key: string | null };

/** Questions to the hub's internal listener. */
export interface InternalClient {
  /** Rejects when the hub can't be asked or answers something else than `answer` describes. */
  ask<T>(path: string, question: unknown, answer: z.ZodType<T>): Promise<T>;
  close(): Promise<void>;
}

export function internalClient({ target, key }: Internal): InternalClient {
  const pool: Pool = poolTo(target, { connectTimeoutSeconds: 5, idleTimeoutSeconds: 10 }, 32);
  return {
    async ask(path, question, answer) {
      const { statusCode, body } = await pool.request({
        path,
        method: "POST",
        headers: { "content-type": "application/json", ...authorizationFor(key) },
        body: JSON.stringify(question),
      });
      if (statusCode !== 200) {
        await body.dump();
        throw new Error(`the hub answered ${path} with ${statusCode}`);
      }
      return answer.parse(await body.json());
    },
    close: () => pool.destroy(),
  };
}

export function authorizationFor(key: string | null): Record<string, string> {
  return key === null ? {} : { authorization: `Bearer ${key}` };
}
