import { describe, expect, test } from "vitest";
import { parseMetadata } from "./oidc-discovery.ts";

const issuer = "https://idp.example/realm";
const document = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
};

describe("a discovery document", () => {
  test("of the issuer that was asked is taken, whichever of the two ends with a slash", () => {
    expect(parseMetadata(issuer, document).token_endpoint).toBe(`${issuer}/token`);
    expect(parseMetadata(`${issuer}/`, document).issuer).toBe(issuer);
  });

  test.each([
    ["of another issuer", { ...document, issuer: "https://evil.example" }],
    ["that leads over plain http", { ...document, token_endpoint: "http://idp.example/token" }],
    ["that leads to something else than a web address", { ...document, jwks_uri: "file:///etc/passwd" }],
    ["without keys", { ...document, jwks_uri: undefined }],
    ["that is a page", "<html>"],
    ["that is nothing", null],
  ])("%s is refused", (_what, given) => {
    expect(() => parseMetadata(issuer, given)).toThrow(/discovery document/);
  });
});
