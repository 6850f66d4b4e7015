import fc from "fast-check";
import { expect, test } from "vitest";
import { OpenExchanges } from "./open-exchanges.ts";
import type { Exchange } from "./run.ts";

const exchange = (): Exchange => ({
  place: -1,
  visitor: null,
  webSocket: false,
  bytes: () => 0,
  end: () => undefined,
});

test("holds what was added and not yet taken out, each once, whatever the order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 200 }), (steps) => {
      const all = Array.from({ length: 10 }, exchange);
      const open = new OpenExchanges();
      const model = new Set<Exchange>();
      for (const step of steps) {
        const one = all[step];
        if (one === undefined) continue;
        if (model.has(one)) expect(open.delete(one)).toBe(model.delete(one));
        else {
          expect(open.delete(one)).toBe(false);
          open.add(one);
          model.add(one);
        }
        expect(open.size).toBe(model.size);
        expect(new Set(open)).toEqual(model);
      }
    }),
  );
});
