import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** One more than the cores: somebody always waits for a process or a time limit. */
const workers = availableParallelism() + 1;

/** Every project may ask for the run's database (tests/database.ts); it starts with the first test that does. */
const globalSetup = ["tests/setup/database-folder.ts"];

const withoutCluster = ["tests/cluster/{iptables,addresses}.test.ts"];
/** What takes something away from all others: the API server. */
const aloneOnCluster = ["tests/cluster/faults.test.ts"];
const onCluster = {
  globalSetup: [...globalSetup, "tests/setup/kubeconfig.ts"],
  testTimeout: 300_000,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    maxWorkers: workers,
    // Loading Berth's modules anew for each file took a quarter of a run. So a file leaves nothing behind in them, nor in the process.
    isolate: false,
    // Short-lived objects by the megabyte: with Node's own 16 MiB a tenth of the time goes into collecting them.
    execArgv: ["--max-semi-space-size=64"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    allowOnly: false,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{server,db,k8s,app}/**/*.test.{ts,tsx}", ...withoutCluster, "tests/{run,architecture}/*.test.ts"],
          exclude: ["server/embedded/postgres.test.ts", "db/migrate.test.ts", "db/client.test.ts"],
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: [
            "tests/{integration,contract,faults}/**/*.test.ts",
            "server/embedded/postgres.test.ts",
            "db/{migrate,client}.test.ts",
          ],
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          ...onCluster,
          name: "cluster",
          include: ["tests/cluster/**/*.test.ts"],
          exclude: [...withoutCluster, ...aloneOnCluster],
          // They wait more than they work: for kubelets, images and time limits.
          maxWorkers: workers + 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...onCluster,
          name: "cluster-alone",
          include: aloneOnCluster,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
