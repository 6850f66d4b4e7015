"use client";

import { SelectField, TextField } from "#app/_components/field.tsx";
import { t } from "#app/_text/t.ts";
import type { ProfileOptionView } from "#server/api/views.ts";
import type { OptionValue } from "./choices.ts";

type Props = {
  readonly option: ProfileOptionView;
  readonly value: OptionValue | undefined;
  readonly error: string | null;
  onChange(value: OptionValue): void;
};

/** No slug of a choice can be this: slugs have no spaces. */
const typedMark = "typed value";

export function OptionField({ option, value, error, onChange }: Props) {
  const { unlisted } = option;
  const selected = value?.kind === "choice" ? value.slug : typedMark;
  const choose = (chosen: string) =>
    onChange(chosen === typedMark ? { kind: "typed", text: "" } : { kind: "choice", slug: chosen });
  return (
    <div className="space-y-3">
      {option.choices.length > 0 && (
        <SelectField label={option.displayName} value={selected} onChange={(event) => choose(event.target.value)}>
          {option.choices.map((choice) => (
            <option key={choice.slug} value={choice.slug}>
              {choice.displayName}
            </option>
          ))}
          {unlisted !== null && <option value={typedMark}>{unlisted.displayNameInChoices}</option>}
        </SelectField>
      )}
      {unlisted !== null && value?.kind === "typed" && (
        <TextField
          label={unlisted.displayName}
          hint={error === null ? unlisted.message || t("spawn.typed.hint") : undefined}
          error={error}
          value={value.text}
          maxLength={512}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => onChange({ kind: "typed", text: event.target.value })}
        />
      )}
    </div>
  );
}
