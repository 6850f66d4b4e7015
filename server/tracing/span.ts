import { type Attributes, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { isHubError } from "#server/errors.ts";

/**
 * Does `work` as one span of a trace. Without `startTracing` the span is nobody's and costs next to nothing. Of an error only its kind is
 * kept: messages may hold what isn't the collector's business.
 */
export async function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T> | T,
): Promise<T> {
  return await trace.getTracer("berth").startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: kindOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

function kindOf(error: unknown): string {
  if (isHubError(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

/** For a log line: which trace it belongs to. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId };
}
