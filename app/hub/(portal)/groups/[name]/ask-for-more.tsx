"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { AreaField } from "#app/_components/area-field.tsx";
import { Card } from "#app/_components/card.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { RequestView } from "#server/api/group-views.ts";
import { Section } from "./section.tsx";

/** A member's way out when the quota is too small: a few words to the managers. */
export function AskForMore({ group }: { readonly group: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const mine = useQuery(trpc.groups.mine.queryOptions());
  const ask = useMutation(
    trpc.groups.ask.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: trpc.groups.mine.queryKey() }),
    }),
  );
  const membership = mine.data?.find((one) => one.group === group);
  if (membership === undefined) return null;
  const { request } = membership;
  return (
    <Section title={t("ask.title")} text={t("ask.text")}>
      {request !== null && <Answer request={request} />}
      {request?.decision !== "waiting" && (
        <Card>
          <form
            className="space-y-4"
            onSubmit={(event) => {
              event.preventDefault();
              ask.mutate({ group, message: String(new FormData(event.currentTarget).get("message") ?? "") });
            }}
          >
            <AreaField label={t("ask.label")} name="message" rows={3} required minLength={5} maxLength={1000} />
            {ask.error !== null && <Problem error={ask.error} />}
            <SubmitButton disabled={ask.isPending}>{t("ask.submit")}</SubmitButton>
          </form>
        </Card>
      )}
    </Section>
  );
}

function Answer({ request: { decision, message, decidedBy, answer } }: { readonly request: RequestView }) {
  return (
    <Notice kind={decision === "granted" ? "ok" : "info"} live>
      <p>
        {decision === "waiting"
          ? t("ask.waiting", { message })
          : t(`ask.${decision}`, { by: decidedBy ?? "–", message })}
      </p>
      {answer !== "" && <p className="mt-1">{t("ask.answer", { answer })}</p>}
    </Notice>
  );
}
