import { z } from "zod";
import { findTemplateProblem } from "#server/profiles/template.ts";
import { kubeObjects, storageAmount } from "#server/profiles/traits.ts";

/** Text that names are filled into; a field nobody knows is found at the start. */
export const templated = <T extends z.ZodType>(schema: T) =>
  schema.superRefine((value, context) => {
    const problem = findTemplateProblem(value);
    if (problem !== null) context.addIssue({ code: "custom", path: [...problem.path], message: problem.message });
  });

const textMap = z.record(z.string(), z.string());

/** `singleuser.storage`: where a server's files are. */
export const Storage = z
  .strictObject({
    type: z
      .enum(["dynamic", "static", "none"])
      .default("dynamic")
      .describe("`dynamic`: a volume per server. `static`: folders in one volume. `none`: nothing persists."),
    capacity: storageAmount.default("10Gi").describe("Size of a new home."),
    homeMountPath: z.string().startsWith("/").default("/home/jovyan").describe("Where the home is in the server."),
    dynamic: z
      .strictObject({
        storageClass: z
          .string()
          .nullable()
          .default(null)
          .describe("Storage class of homes. Default: the cluster's own."),
        storageAccessModes: z
          .array(z.enum(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"]))
          .min(1)
          .default(["ReadWriteOnce"]),
        pvcNameTemplate: templated(z.string().min(1))
          .default("claim-{user_server}")
          .describe("Name of a new home's claim."),
        volumeNameTemplate: templated(z.string().min(1))
          .default("volume-{user_server}")
          .describe("Name of the home's volume in the pod."),
      })
      .prefault({}),
    static: z
      .strictObject({
        pvcName: z.string().min(1).nullable().default(null).describe("Existing claim that holds everybody's home."),
        subPath: templated(z.string().min(1)).default("{username}").describe("Folder of a user in it."),
      })
      .prefault({}),
    extraLabels: templated(textMap).default({}).describe("Labels on the claims of homes."),
    extraAnnotations: templated(textMap).default({}).describe("Annotations on the claims of homes."),
    extraVolumes: templated(kubeObjects).default([]),
    extraVolumeMounts: templated(kubeObjects).default([]),
  })
  .refine((storage) => storage.type !== "static" || storage.static.pvcName !== null, {
    path: ["static", "pvcName"],
    error: "Static storage needs the name of the claim. Set “singleuser.storage.static.pvcName”.",
  });
