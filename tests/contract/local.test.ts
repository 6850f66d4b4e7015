import { localHarness } from "./local-harness.ts";
import { spawnerContract } from "./spawner.contract.ts";

const best = localHarness();
const held = best.spawner.limitsNote() ?? "cgroup";
await best.close();

spawnerContract({ name: `local, limits as this machine can (${held})`, make: async () => localHarness() });
spawnerContract({ name: "local, limits per process", make: async () => localHarness({ limits: "process" }) });
