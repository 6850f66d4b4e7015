import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApiListener } from "#server/api/listener.ts";
import { HubError } from "#server/errors.ts";
import { Metrics } from "#server/metrics.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import { inSpan, traceFields } from "#server/tracing/span.ts";
import { startTracing } from "#server/tracing/start.ts";
import { type HubUnderTest, startTestHub } from "#tests/fakes/hub-under-test.ts";

const Value = z.looseObject({ stringValue: z.string().optional(), intValue: z.number().optional() });
const Attributes = z.array(z.looseObject({ key: z.string(), value: Value }));
const Span = z.looseObject({
  name: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  attributes: Attributes,
  status: z.looseObject({ code: z.number(), message: z.string().optional() }),
});
const Export = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      resource: z.looseObject({ attributes: Attributes }),
      scopeSpans: z.array(z.looseObject({ spans: z.array(Span) })),
    }),
  ),
});

/** What a collector was sent: OTLP over HTTP, as JSON. */
const received: z.infer<typeof Export>[] = [];
const spans = () => received.flatMap((one) => one.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)));
const collector = createServer(async (request, response) => {
  received.push(Export.parse(JSON.parse(await textOf(request))));
  response.setHeader("content-type", "application/json").end("{}");
});
let under: HubUnderTest;

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}

beforeAll(async () => {
  await listenOn(collector, { kind: "tcp", host: "127.0.0.1", port: 0 });
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
  vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
  under = await startTestHub();
});
afterAll(async () => {
  await under.stop();
  await closeServer(collector);
});

test("nothing is traced until a collector is named, or when it is switched off", async () => {
  const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  for (const environment of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "true" }]) {
    const stop = await startTracing("hub", environment);
    await inSpan("unseen", {}, () => expect(traceFields()).toEqual({}));
    await stop();
  }
  expect(received).toEqual([]);
});

test("a request is a span with its route, id and status, what it does lies below it, and its log lines name the trace", async () => {
  const stop = await startTracing("hub", process.env);
  const metrics = new Metrics();
  const listener = createApiListener(under.hub, metrics, { trustedSocket: false });
  await listenOn(listener, { kind: "tcp", host: "127.0.0.1", port: 0 });
  const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  await fetch(`${address}/hub/api/users/somebody?token=hidden`, { headers: { "x-request-id": "request-1234" } });
  let fields = {};
  await inSpan("outer", { "berth.server_id": "s1" }, async () => {
    await inSpan("inner", {}, async () => {
      fields = traceFields();
      throw new HubError("conflict", "It is taken.", { cause: new Error("private") });
    }).catch(() => undefined);
  });
  await closeServer(listener);
  metrics.stop();
  await stop();

  const named = (name: string) => spans().find((span) => span.name === name);
  const request = named("GET hub/api/users");
  expect(request?.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue])).toEqual([
    ["http.request.method", "GET"],
    ["http.route", "hub/api/users"],
    ["berth.request_id", "request-1234"],
    ["http.response.status_code", 403],
  ]);
  const [outer, inner] = [named("outer"), named("inner")];
  expect(inner).toMatchObject({ parentSpanId: outer?.spanId, traceId: outer?.traceId });
  expect(inner?.status).toEqual({ code: 2, message: "conflict" });
  expect(fields).toEqual({ trace_id: inner?.traceId, span_id: inner?.spanId });
  const resource = received[0]?.resourceSpans[0]?.resource.attributes.map(({ key, value }) => [key, value.stringValue]);
  expect(resource).toEqual(expect.arrayContaining([["service.name", "berth-hub"]]));
  expect(resource).toEqual(expect.arrayContaining([["deployment.environment.name", "test"]]));
  // Neither what somebody asked for nor what went wrong inside leaves by this way.
  expect(JSON.stringify(received)).not.toMatch(/hidden|somebody|private|It is taken/);
});

test("a collector that is away costs nobody anything", async () => {
  const stop = await startTracing("hub", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" });
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
  expect(await inSpan("lost", {}, () => 42)).toBe(42);
  await stop();
});
