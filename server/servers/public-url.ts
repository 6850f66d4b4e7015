import type { Config } from "#server/config/schema.ts";

/** The portal's own address: what decides every absolute URL, never a header of a request. */
export function publicUrlOf(config: Config): string {
  return config.hub.publicUrl ?? `http://${config.proxy.listen}`;
}
