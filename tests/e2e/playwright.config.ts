import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const system = "/usr/bin/chromium";

/** Browser tests. One at a time: each starts processes of its own, and two cores are the smallest machine this runs on. */
export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: "*.spec.ts",
  globalSetup: "./global-setup.ts",
  // Without a cluster its specs are left out, not skipped: the runner says so, and fails when one is required.
  testIgnore: process.env.TEST_KUBECONFIG ? [] : ["cluster*.spec.ts"],
  outputDir: "../../test-results",
  workers: 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    // A login code must not end up in a file beside a failed test.
    trace: "off",
    launchOptions: {
      ...(existsSync(system) ? { executablePath: system } : {}),
      args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-quic"],
    },
  },
});
