import { z } from "zod";
import type { Clock } from "../clock.ts";
import { fetchJson, ProviderError } from "./fetch-json.ts";

const Metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url({ protocol: /^https?$/ }),
  token_endpoint: z.url({ protocol: /^https?$/ }),
  jwks_uri: z.url({ protocol: /^https?$/ }),
  userinfo_endpoint: z.url({ protocol: /^https?$/ }).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
export type ProviderMetadata = z.infer<typeof Metadata>;

const freshForMs = 3_600_000;
/** A provider that is down is asked once in this time, however many people look at the login page. */
const pauseAfterFailureMs = 10_000;

/** What the provider says about itself (OpenID Connect Discovery 1.0), kept an hour, and longer while it is down. */
export function createDiscovery(issuer: string, clock: Clock): () => Promise<ProviderMetadata> {
  let known: { metadata: ProviderMetadata; atMs: number } | null = null;
  let failed: { error: unknown; atMs: number } | null = null;
  let underway: Promise<ProviderMetadata> | null = null;

  const load = async () => {
    try {
      const metadata = parseMetadata(issuer, await fetchJson(discoveryUrl(issuer)));
      known = { metadata, atMs: clock.monotonicMs() };
      failed = null;
      return metadata;
    } catch (error) {
      failed = { error, atMs: clock.monotonicMs() };
      if (known !== null) return known.metadata;
      throw error;
    } finally {
      underway = null;
    }
  };

  return async () => {
    const nowMs = clock.monotonicMs();
    if (known !== null && nowMs - known.atMs < freshForMs) return known.metadata;
    if (failed !== null && nowMs - failed.atMs < pauseAfterFailureMs) {
      if (known !== null) return known.metadata;
      throw failed.error;
    }
    underway ??= load();
    return await underway;
  };
}

function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** The document must speak of the issuer we asked (§4.3), and must not lead a https issuer's secrets over plain http. */
export function parseMetadata(issuer: string, document: unknown): ProviderMetadata {
  const parsed = Metadata.safeParse(document);
  if (!parsed.success) throw new ProviderError(`the discovery document of ${issuer} lacks ${fieldsOf(parsed.error)}`);
  const metadata = parsed.data;
  if (metadata.issuer.replace(/\/$/, "") !== issuer.replace(/\/$/, "")) {
    throw new ProviderError(`the discovery document of ${issuer} speaks of another issuer, ${metadata.issuer}`);
  }
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = metadata;
  const endpoints = [authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint ?? jwks_uri];
  if (new URL(issuer).protocol === "https:" && endpoints.some((url) => new URL(url).protocol !== "https:")) {
    throw new ProviderError(`the discovery document of ${issuer} names an endpoint without https`);
  }
  return metadata;
}

function fieldsOf(error: z.ZodError): string {
  return error.issues.map((issue) => issue.path.join(".")).join(", ");
}
