import { z } from "zod";

const presets = ["jupyterlab", "code-server", "rstudio"] as const;

const words = z.array(z.string().max(4096));

const AppObject = z
  .strictObject({
    preset: z
      .enum([...presets, "custom"])
      .default("custom")
      .describe("Where what isn't said here comes from."),
    auth: z
      .enum(["edge", "hub"])
      .optional()
      .describe(
        "`edge`: Berth decides who may enter and hands the server its secret. `hub`: stock jupyterhub-singleuser with its own OAuth.",
      ),
    command: words.optional().describe("What is run. `{port}`, `{prefix}`, `{address}` and `{socket}` are filled in."),
    args: words.optional().describe("Arguments behind the command."),
    listenArgs: z
      .strictObject({ tcp: words.optional(), unix: words.optional() })
      .optional()
      .describe(
        "Arguments that say where to listen: `tcp` on Kubernetes, `unix` (a socket) on one machine when given.",
      ),
    keepImageEntrypoint: z
      .boolean()
      .optional()
      .describe("Kubernetes: leave the image's entrypoint in front of the command."),
    port: z.int().min(1024).max(65535).optional().describe("Port the app listens on in its pod."),
    workingDirectory: z.string().min(1).optional(),
    defaultPath: z.string().max(512).optional().describe("Page opened first, relative to the server's address: `lab`."),
    readyPath: z.string().max(512).optional().describe("Asked until it answers with a status below 500."),
    stripPrefix: z.boolean().optional().describe("Remove `/user/<name>` from the path before the app sees it."),
    secretHeader: z
      .strictObject({
        name: z.string().regex(/^[A-Za-z0-9-]+$/),
        format: z.string().includes("{secret}").describe("`token {secret}`"),
      })
      .nullable()
      .optional()
      .describe("Header the edge sends the server's secret in; null when the app takes none."),
    secretVariable: z
      .string()
      .regex(/^[A-Z_][A-Z0-9_]*$/)
      .nullable()
      .optional()
      .describe("Environment variable the app reads its secret from."),
  })
  .superRefine((app, context) => {
    if (app.preset === "custom" && app.command === undefined)
      context.addIssue({
        code: "custom",
        path: ["command"],
        message: "A custom app needs a command. Add “command”, or name a preset.",
      });
  });

/** `singleuser.app`, and `app` in a `kubespawner_override`: a preset's name, or an app said in full or from a preset on. */
export const AppConfig = z.union([z.enum(presets), AppObject]);
export type AppConfig = z.infer<typeof AppConfig>;
