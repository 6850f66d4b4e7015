"use client";

import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { signInWith } from "#app/_auth/sign-in.ts";
import { TextField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useSignIn } from "./use-sign-in.ts";

export function PasswordForm({ method, next }: { readonly method: "local" | "dummy"; readonly next: string }) {
  const { state, run } = useSignIn();
  const [shown, setShown] = useState(false);
  const submit = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const fields = { username: String(data.get("username") ?? ""), password: String(data.get("password") ?? "") };
    void run(() => signInWith(method, fields, next));
  };
  const Icon = shown ? EyeOff : Eye;
  return (
    <form
      method="post"
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      {state === "unreachable" && (
        <Notice kind="danger" live>
          {t("login.error.unavailable")}
        </Notice>
      )}
      <TextField
        label={t("login.username")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      <div className="relative">
        <TextField
          label={t("login.password")}
          name="password"
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          required={method === "local"}
          className="pr-12"
        />
        <button
          type="button"
          aria-label={shown ? t("login.password.hide") : t("login.password.show")}
          className="absolute right-1 bottom-1 grid size-8 place-items-center rounded-md text-muted hover:bg-sunken"
          onClick={() => setShown(!shown)}
        >
          <Icon aria-hidden className="size-4" />
        </button>
      </div>
      <SubmitButton look="primary" className="w-full" disabled={state === "busy"}>
        {t("login.submit")}
      </SubmitButton>
    </form>
  );
}
