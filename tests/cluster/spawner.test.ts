import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { inject } from "vitest";
import { secretKey, secretNameFor } from "#k8s/secret.ts";
import { systemClock } from "#server/clock.ts";
import { Config } from "#server/config/schema.ts";
import { createLog } from "#server/log.ts";
import { createKubernetesSpawnerFrom } from "#server/spawner/kubernetes-setup.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
