import { cliReference } from "#server/cli/reference.ts";
import { configReference } from "#server/config/reference.ts";
import { restReference } from "#server/rest/reference.ts";

/** Page by file name, as it has to be in docs/. */
export function generatedPages(): Readonly<Record<string, string>> {
  return { "configuration.md": configReference(), "cli.md": cliReference(), "rest-api.md": restReference() };
}
