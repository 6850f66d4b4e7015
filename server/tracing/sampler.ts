import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";

/**
 * OTEL_TRACES_SAMPLER and its argument (OpenTelemetry specification, “General SDK Configuration”). No trace here has a parent in another
 * process, so `parentbased_x` and `x` differ only in that the first keeps a trace whole. A value nobody knows counts as the default, as
 * the specification asks.
 */
export function samplerFrom(name = "parentbased_always_on", argument = "1"): Sampler {
  const root = rootFrom(name.replace(/^parentbased_/, ""), argument);
  return new ParentBasedSampler({ root });
}

function rootFrom(name: string, argument: string): Sampler {
  if (name === "always_off") return new AlwaysOffSampler();
  const ratio = Number(argument);
  if (name !== "traceidratio" || !(ratio >= 0 && ratio <= 1)) return new AlwaysOnSampler();
  return new TraceIdRatioBasedSampler(ratio);
}
