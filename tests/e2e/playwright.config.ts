import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "@playwright/test";
import { quietNetwork } from "./quiet-network.ts";

const system = "/usr/bin/chromium";

const clusterSpecs = "cluster*.spec.ts";

/** Browser tests. A file has a Berth of its own; they wait more than they work. */
export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: "*.spec.ts",
  globalSetup: "./global-setup.ts",
  // Without a cluster its specs are left out, not skipped: the runner says so, and fails when one is required.
  projects: [
    { name: "local", testIgnore: clusterSpecs },
    ...(process.env.TEST_KUBECONFIG ? [{ name: "cluster", testMatch: clusterSpecs }] : []),
  ],
  outputDir: "../../test-results",
  workers: availableParallelism() + 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    // A login code must not end up in a file beside a failed test.
    trace: "off",
    launchOptions: {
      ...(existsSync(system) ? { executablePath: system } : {}),
      env: { ...(process.env as Record<string, string>), ...quietNetwork() },
      args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-quic"],
    },
  },
});
