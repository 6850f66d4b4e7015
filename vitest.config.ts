import { defineConfig } from "vitest/config";

/** Every project may ask for the run's database (tests/database.ts); it starts with the first test that does. */
const globalSetup = ["tests/setup/database-folder.ts"];

export default defineConfig({
  test: {
    // Two cores are the smallest machine this has to be quick on, and PostgreSQL and servers need some of them.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    allowOnly: false,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "{server,db,k8s,app}/**/*.test.{ts,tsx}",
            "tests/cluster/{iptables,addresses}.test.ts",
            "tests/{run,architecture}/*.test.ts",
          ],
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
          name: "cluster",
          include: ["tests/cluster/**/*.test.ts"],
          exclude: ["tests/cluster/{iptables,addresses}.test.ts"],
          globalSetup: [...globalSetup, "tests/setup/kubeconfig.ts"],
          // One cluster, one node: what a file measures there must not be what another one does.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
