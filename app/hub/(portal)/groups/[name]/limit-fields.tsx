import { TextField } from "#app/_components/field.tsx";
import { isAtNone, problemAt } from "#app/_components/field-problem.ts";
import { Problem } from "#app/_components/problem.tsx";
import { t } from "#app/_text/t.ts";
import type { MemberLimits } from "#server/api/answers.ts";
import { asWritten, limitFields } from "./amount-fields.ts";

type Props = { readonly limits: MemberLimits; readonly usual?: MemberLimits; readonly error: unknown };

/** `usual` is what holds where a field is left empty. */
export function LimitFields({ limits, usual, error }: Props) {
  return (
    <>
      <div key={JSON.stringify(limits)} className="grid items-start gap-4 sm:grid-cols-2">
        {limitFields.map(([field, key, write]) => (
          <TextField
            key={field}
            name={field}
            error={problemAt(error, `limits.${field}`)}
            label={t(`limits.${field}`)}
            defaultValue={asWritten(limits[key], write)}
            placeholder={usual === undefined ? undefined : asWritten(usual[key], write)}
            maxLength={40}
            autoComplete="off"
            spellCheck={false}
          />
        ))}
      </div>
      {isAtNone(
        error,
        limitFields.map(([field]) => `limits.${field}`),
      ) && <Problem error={error} />}
    </>
  );
}
