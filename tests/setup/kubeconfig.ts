import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Path of an admin kubeconfig, for the tests' own hands. */
    kubeconfig: string;
  }
}

/** The cluster tests never run without a cluster: tests/run.ts starts one, or says why it skips them. */
export default function setup(project: TestProject): void {
  const kubeconfig = process.env.TEST_KUBECONFIG;
  if (!kubeconfig)
    throw new Error(
      "TEST_KUBECONFIG isn't set. Run the tests by `npm test` with BERTH_TEST_CLUSTER=build, or start a cluster with `npm exec -- node tests/cluster/up.ts`.",
    );
  project.provide("kubeconfig", kubeconfig);
}
