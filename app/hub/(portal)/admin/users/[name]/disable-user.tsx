"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { UserRow } from "#server/api/views.ts";

type Props = { readonly user: UserRow; readonly open: boolean; onClose(): void };

/** What ends is counted before it does. */
export function DisableUser({ user, open, onClose }: Props) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const disables = user.disabledAt === null;
  const change = useMutation(
    trpc.users.setDisabled.mutationOptions({
      onSuccess: async () => {
        onClose();
        // Logins, tokens and servers end with it: everything shown here is asked anew.
        await queryClient.invalidateQueries();
      },
    }),
  );
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => !to && onClose()}
      title={t(disables ? "users.disable.title" : "users.enable.title", { name: user.name })}
      description={t(disables ? "admin.user.disable.text" : "admin.user.enable.text")}
    >
      {disables && <WhatEnds user={user} />}
      {change.error !== null && <Problem error={change.error} />}
      <DialogButtons>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button
          look={disables ? "danger" : "primary"}
          disabled={change.isPending}
          onClick={() => change.mutate({ name: user.name, disabled: disables })}
        >
          {t(disables ? "users.disable" : "users.enable")}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}

function WhatEnds({ user }: { readonly user: UserRow }) {
  const trpc = useTRPC();
  const logins = useQuery(trpc.sessions.list.queryOptions({ user: user.name }));
  const tokens = useQuery(trpc.tokens.list.queryOptions({ user: user.name }));
  return (
    <ul className="list-disc space-y-1 pl-5 text-sm">
      <li>{t("admin.user.disable.logins", { count: logins.data?.length ?? "…" })}</li>
      <li>{t("admin.user.disable.tokens", { count: tokens.data?.length ?? "…" })}</li>
      <li>{t("admin.user.disable.servers", { count: user.runningServers })}</li>
      <li>{t("admin.user.disable.homes")}</li>
    </ul>
  );
}
