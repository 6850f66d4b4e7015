import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { buildCluster, cacheDirectory, partFile } from "./build.ts";

const monitoring = fileURLToPath(new URL("../../k8s/chart/monitoring", import.meta.url));

beforeAll(async () => await buildCluster(cacheDirectory, ["promtool"]), 1_200_000);

const promtool = (...args: string[]) => execFileSync(partFile("promtool"), args, { cwd: monitoring, encoding: "utf8" });

test("every alert fires when it should and none on a quiet day, by Prometheus' own evaluation", () => {
  expect(promtool("check", "rules", "alerts.yaml")).toContain("SUCCESS: 6 rules found");
  expect(promtool("test", "rules", "alerts.test.yaml")).toContain("SUCCESS");
});
