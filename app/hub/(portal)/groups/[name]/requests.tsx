"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Ago } from "#app/_components/time.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { RequestView } from "#server/api/group-views.ts";
import { Section } from "./section.tsx";

/** What members wait for stands first on the page. */
export function Requests({ group }: { readonly group: string }) {
  const trpc = useTRPC();
  const requests = useQuery(trpc.groups.requests.queryOptions({ group, decision: "waiting" }));
  const waiting = requests.data?.items ?? [];
  return (
    <Section title={t("requests.title")} {...(waiting.length > 0 ? { text: t("requests.hint") } : {})}>
      {requests.error !== null && <Problem error={requests.error} retry={() => void requests.refetch()} />}
      {requests.data === undefined && requests.error === null && <Skeleton className="h-5" />}
      {requests.data?.total === 0 && (
        <p role="status" className="text-sm text-muted">
          {t("requests.none")}
        </p>
      )}
      <ul className="space-y-3 empty:hidden">
        {waiting.map((request) => (
          <li key={request.id}>
            <Waiting request={request} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Waiting({ request }: { readonly request: RequestView }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [answer, setAnswer] = useState("");
  const decide = useMutation(
    trpc.groups.decide.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: trpc.groups.requests.queryKey() }),
    }),
  );
  const say = (decision: "granted" | "declined") => decide.mutate({ id: request.id, decision, answer });
  const user = request.userName;
  return (
    <Card className="space-y-3">
      <div>
        <p className="text-sm">
          <span className="font-medium">{user}</span>{" "}
          <span className="text-muted">
            <Ago date={request.createdAt} />
          </span>
        </p>
        <p className="mt-1 text-sm whitespace-pre-line">{request.message}</p>
      </div>
      <TextField
        label={t("requests.answer.label", { user })}
        value={answer}
        maxLength={1000}
        onChange={(event) => setAnswer(event.target.value)}
      />
      {decide.error !== null && <Problem error={decide.error} />}
      <div className="flex flex-wrap gap-3">
        <Button
          look="primary"
          aria-label={t("requests.grant.label", { user })}
          disabled={decide.isPending}
          onClick={() => say("granted")}
        >
          {t("requests.grant")}
        </Button>
        <Button
          aria-label={t("requests.decline.label", { user })}
          disabled={decide.isPending}
          onClick={() => say("declined")}
        >
          {t("requests.decline")}
        </Button>
      </div>
    </Card>
  );
}
