import { expect, test } from "vitest";
import { samplerFrom } from "./sampler.ts";

test.each([
  [undefined, undefined, "ParentBased{root=AlwaysOnSampler"],
  ["parentbased_always_on", undefined, "ParentBased{root=AlwaysOnSampler"],
  ["always_off", undefined, "ParentBased{root=AlwaysOffSampler"],
  ["traceidratio", "0.25", "ParentBased{root=TraceIdRatioBased{0.25}"],
  ["parentbased_traceidratio", "0", "ParentBased{root=TraceIdRatioBased{0}"],
  // What nobody understands counts as not said.
  ["traceidratio", "many", "ParentBased{root=AlwaysOnSampler"],
  ["jaeger_remote", "1", "ParentBased{root=AlwaysOnSampler"],
])("OTEL_TRACES_SAMPLER=%s with %s keeps what it says", (name, argument, expected) => {
  expect(samplerFrom(name, argument).toString()).toContain(expected);
});
