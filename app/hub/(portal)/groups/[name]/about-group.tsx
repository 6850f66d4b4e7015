"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Card } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { isAtNone, problemAt } from "#app/_components/field-problem.ts";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPCClient } from "#app/_trpc/client.tsx";
import type { GroupView } from "#server/api/group-views.ts";
import { groupPath } from "../group-path.ts";
import { Section } from "./section.tsx";
import { useRefreshed } from "./use-refreshed.ts";

/** What the group is called and what it is for. The name is an admin's to change, and not where the identity provider gives it. */
export function AboutGroup({ group }: { readonly group: GroupView }) {
  const client = useTRPCClient();
  const router = useRouter();
  const refresh = useRefreshed(group.name);
  const mayRename = group.may.administer && !group.managed;
  const save = useMutation({
    mutationFn: async ({ name, description }: { readonly name: string; readonly description: string }) => {
      if (description !== group.description) await client.groups.describe.mutate({ group: group.name, description });
      if (name !== group.name) await client.groups.rename.mutate({ group: group.name, name });
      return name;
    },
    onSuccess: async (name) => {
      if (name === group.name) await refresh();
      else router.push(groupPath(name));
    },
  });
  return (
    <Section title={t("about.title")}>
      <Card>
        <form
          className="space-y-4"
          onChange={() => save.isSuccess && save.reset()}
          onSubmit={(event) => {
            event.preventDefault();
            const form = new FormData(event.currentTarget);
            const text = (field: string) => String(form.get(field) ?? "").trim();
            save.mutate({ name: mayRename ? text("name") : group.name, description: text("description") });
          }}
        >
          {mayRename && (
            <TextField
              name="name"
              label={t("about.name")}
              hint={t("about.name.hint")}
              error={problemAt(save.error, "name")}
              defaultValue={group.name}
              required
              maxLength={256}
              autoComplete="off"
              spellCheck={false}
            />
          )}
          <TextField
            name="description"
            label={t("about.description")}
            error={problemAt(save.error, "description")}
            defaultValue={group.description}
            maxLength={500}
            autoComplete="off"
          />
          {isAtNone(save.error, ["name", "description"]) && <Problem error={save.error} />}
          {save.isSuccess && (
            <Notice kind="ok" live>
              {t("group.saved")}
            </Notice>
          )}
          <SubmitButton disabled={save.isPending}>{t("group.save")}</SubmitButton>
        </form>
      </Card>
    </Section>
  );
}
