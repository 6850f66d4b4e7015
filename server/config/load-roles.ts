import { z } from "zod";
import { roleScopeProblem } from "#server/auth/roles.ts";

const Role = z.strictObject({
  description: z.string().default("").describe("For people who read the file; Berth doesn't use it."),
  scopes: z
    .array(z.string())
    .describe("What the role allows, such as `read:servers!group=physics`. `!user` stands for whoever holds the role."),
  users: z.array(z.string()).default([]).describe("Names of users who hold it."),
  groups: z.array(z.string()).default([]).describe("Groups whose members hold it."),
  services: z
    .array(z.never({ error: "Berth has no services. Give a user the role and use a token of theirs." }))
    .default([]),
});

/** z2jh's `hub.loadRoles`. The names `user` and `group-manager` replace what Berth gives those by itself. */
export const LoadRoles = z
  .record(
    z.string().regex(/^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/, "A role's name has 3 to 63 characters: a-z, 0-9, - _ ."),
    Role,
  )
  .default({})
  .superRefine((roles, context) => {
    for (const [name, role] of Object.entries(roles)) {
      const refuse = (path: (string | number)[], message: string) =>
        context.addIssue({ code: "custom", path: [name, ...path], message });
      if (name === "admin") refuse([], "The role “admin” can't be changed: an admin may do everything.");
      if (name === "user" || name === "group-manager") {
        if (role.users.length + role.groups.length > 0)
          refuse([], `Who holds the role “${name}” can't be said here: ${holdersOf[name]} hold it.`);
      }
      role.scopes.forEach((scope, index) => {
        const problem = roleScopeProblem(name, scope);
        if (problem !== null) refuse(["scopes", index], problem);
      });
    }
  });

const holdersOf = { user: "all users", "group-manager": "the managers of each group" } as const;
