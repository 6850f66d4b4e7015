"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { Card } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { serverPagePath } from "#app/_format/server-path.ts";
import { t } from "#app/_text/t.ts";
import type { ServerView } from "#server/api/views.ts";
import { newServerNameProblem } from "./new-server-name.ts";

type Props = {
  readonly user: string;
  readonly taken: readonly ServerView[];
  readonly used: number;
  /** 0 means no limit, as in JupyterHub. */
  readonly limit: number;
};

export function AddServer({ user, taken, used, limit }: Props) {
  const router = useRouter();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const isFull = limit > 0 && used >= limit;
  const submit = () => {
    const found = newServerNameProblem(
      name,
      taken.map((server) => server.name),
    );
    setProblem(found);
    if (found === null) router.push(serverPagePath("spawn", user, name));
  };
  return (
    <Card aria-label={t("add.title")}>
      <h2 className="text-lg font-semibold">{t("add.title")}</h2>
      <p className="mt-1 text-sm text-muted">{limit > 0 ? t("add.text.limit", { used, limit }) : t("add.text")}</p>
      {!isFull && (
        <form
          className="mt-4 flex flex-wrap items-start gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <div className="w-full max-w-sm">
            <TextField
              label={t("add.name")}
              hint={t("add.rules")}
              error={problem}
              value={name}
              maxLength={64}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => {
                setName(event.target.value);
                setProblem(null);
              }}
            />
          </div>
          <SubmitButton className="sm:mt-[1.625rem]">{t("add.submit")}</SubmitButton>
        </form>
      )}
    </Card>
  );
}
