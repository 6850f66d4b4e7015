"use client";

import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Card } from "#app/_components/card.tsx";
import { CopyButton } from "#app/_components/copy-button.tsx";
import { SelectField, TextField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { type ScopeChoice, scopeChoices, scopesFor } from "./scope-choices.ts";

const daySeconds = 86_400;
const lifetimes = [
  { seconds: daySeconds, label: t("token.lifetime.day") },
  { seconds: 7 * daySeconds, label: t("token.lifetime.week") },
  { seconds: 30 * daySeconds, label: t("token.lifetime.month") },
  { seconds: 365 * daySeconds, label: t("token.lifetime.year") },
  { seconds: null, label: t("token.lifetime.never") },
] as const;

export function CreateToken({ userName, onCreated }: { readonly userName: string; onCreated(): void }) {
  const trpc = useTRPC();
  const [note, setNote] = useState("");
  const [lifetime, setLifetime] = useState(2);
  const [choice, setChoice] = useState<ScopeChoice>("all");
  const [written, setWritten] = useState("");
  const create = useMutation(
    trpc.tokens.create.mutationOptions({
      onSuccess: () => {
        setNote("");
        onCreated();
      },
    }),
  );
  return (
    <Card aria-label={t("token.create")}>
      <h2 className="text-lg font-semibold">{t("token.create")}</h2>
      <form
        className="mt-4 grid items-end gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({
            note,
            expiresInSeconds: lifetimes[lifetime]?.seconds ?? null,
            scopes: scopesFor(choice, userName, written),
          });
        }}
      >
        <TextField
          label={t("token.note.label")}
          value={note}
          maxLength={255}
          required
          onChange={(event) => setNote(event.target.value)}
        />
        <SelectField
          label={t("token.lifetime")}
          value={lifetime}
          onChange={(event) => setLifetime(Number(event.target.value))}
        >
          {lifetimes.map(({ label }, index) => (
            <option key={label} value={index}>
              {label}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t("token.may")}
          value={choice}
          onChange={(event) => setChoice(scopeChoices.find((one) => one === event.target.value) ?? "all")}
        >
          {scopeChoices.map((one) => (
            <option key={one} value={one}>
              {t(`token.may.${one}`)}
            </option>
          ))}
        </SelectField>
        {choice === "chosen" && (
          <TextField
            label={t("token.may.written")}
            hint={t("token.may.written.hint")}
            value={written}
            required
            maxLength={4000}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setWritten(event.target.value)}
          />
        )}
        <SubmitButton look="primary" disabled={create.isPending} className="sm:justify-self-start">
          {t("token.create.submit")}
        </SubmitButton>
      </form>
      {create.error !== null && (
        <div className="mt-4">
          <Problem error={create.error} />
        </div>
      )}
      {create.data !== undefined && <NewToken token={create.data.token} />}
    </Card>
  );
}

function NewToken({ token }: { readonly token: string }) {
  const id = useId();
  return (
    <div className="mt-4">
      <Notice kind="ok" live>
        <p className="font-medium">{t("token.new")}</p>
        <p id={id} className="my-3 rounded bg-surface p-3 font-mono text-ink">
          {token}
        </p>
        <CopyButton text={token} sourceId={id} />
      </Notice>
    </div>
  );
}
