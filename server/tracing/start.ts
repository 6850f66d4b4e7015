type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Sends spans to an OpenTelemetry collector when the environment names one, by the names OpenTelemetry gave its variables
 * (OTEL_EXPORTER_OTLP_ENDPOINT, …_HEADERS, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER). Resolves to what sends the
 * last of them and ends.
 */
export async function startTracing(role: string, environment: Environment): Promise<() => Promise<void>> {
  const endpoint = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? "";
  if (endpoint === "" || environment.OTEL_SDK_DISABLED?.toLowerCase() === "true") return async () => undefined;
  // Here, not above: nobody else pays for loading it.
  const { sendSpans } = await import("./send-spans.ts");
  return sendSpans(role, environment);
}
