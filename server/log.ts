import { type Logger, pino } from "pino";
import { traceFields } from "./tracing/span.ts";

export type Log = Logger;

/** Names of fields whose values never reach a log line, however deep a caller nests them (one level here, one below). */
const secretFields = ["password", "secret", "token", "cookie", "authorization", "clientSecret", "code", "codeVerifier"];

/** JSON lines on stderr, so that what a command prints on stdout stays its answer. */
export function createLog(role: string, level = process.env.BERTH_LOG_LEVEL ?? "info"): Log {
  return pino(
    {
      level,
      base: { role },
      mixin: traceFields,
      redact: [...secretFields, ...secretFields.map((field) => `*.${field}`)],
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
