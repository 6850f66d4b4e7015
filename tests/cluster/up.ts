import { buildCluster, clusterParts } from "./build.ts";
import { startCluster } from "./cluster.ts";

/** By hand: `npm exec -- node tests/cluster/up.ts [--kwok]`, then `down.ts`. */
const fakeNodes = process.argv.includes("--kwok");
await buildCluster(undefined, fakeNodes ? [...clusterParts, "kwok"] : clusterParts);
const { adminKubeconfig } = await startCluster({ fakeNodes, stay: true });
console.log(`export KUBECONFIG=${adminKubeconfig} TEST_KUBECONFIG=${adminKubeconfig}`);
