import type { ApiClient } from "./client.ts";
import type { OutputFormat } from "./output.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command is given: the caller's global options, resolved. */
export type CommandContext = {
  readonly environment: Environment;
  format(): OutputFormat;
  home(): string;
  configFile(): string | undefined;
  api(): ApiClient;
};
